package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Proposal is one call on its way: the same header goes to the endorsers and, with their answers, to the orderer.
type Proposal struct {
	id      string
	header  *common.Header
	payload []byte
	signed  *peer.SignedProposal
}

// must is for marshalling of our own well-formed messages, which cannot fail.
func must(m proto.Message) []byte {
	encoded, err := proto.Marshal(m)
	if err != nil {
		panic(err)
	}
	return encoded
}

func propose(i *Identity, channel, chaincode string, args ...string) (*Proposal, error) {
	nonce := make([]byte, 24)
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	digest := sha256.Sum256(append(append([]byte{}, nonce...), i.creator...))
	name := &peer.ChaincodeID{Name: chaincode}
	p := &Proposal{id: hex.EncodeToString(digest[:])}
	p.header = &common.Header{
		ChannelHeader: must(&common.ChannelHeader{
			Type: int32(common.HeaderType_ENDORSER_TRANSACTION), ChannelId: channel, TxId: p.id, Timestamp: timestamppb.Now(),
			Extension: must(&peer.ChaincodeHeaderExtension{ChaincodeId: name}),
		}),
		SignatureHeader: must(&common.SignatureHeader{Creator: i.creator, Nonce: nonce}),
	}
	input := &peer.ChaincodeInput{}
	for _, arg := range args {
		input.Args = append(input.Args, []byte(arg))
	}
	p.payload = must(&peer.ChaincodeProposalPayload{Input: must(&peer.ChaincodeInvocationSpec{
		ChaincodeSpec: &peer.ChaincodeSpec{Type: peer.ChaincodeSpec_GOLANG, ChaincodeId: name, Input: input},
	})})
	body := must(&peer.Proposal{Header: must(p.header), Payload: p.payload})
	signature, err := i.sign(body)
	p.signed = &peer.SignedProposal{ProposalBytes: body, Signature: signature}
	return p, err
}

// envelope is what the orderer takes: the proposal, the result all endorsers agreed on and their signatures.
func (p *Proposal) envelope(i *Identity, answers []*peer.ProposalResponse) (*common.Envelope, error) {
	action := &peer.ChaincodeEndorsedAction{ProposalResponsePayload: answers[0].Payload}
	for _, answer := range answers {
		action.Endorsements = append(action.Endorsements, answer.Endorsement)
	}
	payload := must(&common.Payload{Header: p.header, Data: must(&peer.Transaction{Actions: []*peer.TransactionAction{{
		Header:  p.header.SignatureHeader,
		Payload: must(&peer.ChaincodeActionPayload{ChaincodeProposalPayload: p.payload, Action: action}),
	}}})})
	signature, err := i.sign(payload)
	return &common.Envelope{Payload: payload, Signature: signature}, err
}
