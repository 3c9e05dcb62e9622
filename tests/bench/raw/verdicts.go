package main

import (
	"context"
	"fmt"
	"math"
	"sync"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Verdicts tells each waiter what the block said about its transaction.
type Verdicts struct {
	mutex   sync.Mutex
	waiting map[string]chan peer.TxValidationCode
	broken  chan error
}

// listen follows the peer's filtered blocks from the newest on.
func listen(ctx context.Context, conn *grpc.ClientConn, i *Identity, channel string) (*Verdicts, error) {
	stream, err := peer.NewDeliverClient(conn).DeliverFiltered(ctx)
	if err != nil {
		return nil, err
	}
	seek, err := seekNewest(i, channel)
	if err != nil {
		return nil, err
	}
	if err := stream.Send(seek); err != nil {
		return nil, err
	}
	if _, err := stream.Recv(); err != nil { // the newest block: from here on nothing is missed
		return nil, fmt.Errorf("blocks: %w", err)
	}
	v := &Verdicts{waiting: map[string]chan peer.TxValidationCode{}, broken: make(chan error, 1)}
	go v.receive(stream)
	return v, nil
}

func seekNewest(i *Identity, channel string) (*common.Envelope, error) {
	payload := must(&common.Payload{
		Header: &common.Header{
			ChannelHeader: must(&common.ChannelHeader{
				Type: int32(common.HeaderType_DELIVER_SEEK_INFO), ChannelId: channel, Timestamp: timestamppb.Now(),
			}),
			SignatureHeader: must(&common.SignatureHeader{Creator: i.creator, Nonce: make([]byte, 24)}),
		},
		Data: must(&orderer.SeekInfo{
			Start: &orderer.SeekPosition{Type: &orderer.SeekPosition_Newest{Newest: &orderer.SeekNewest{}}},
			Stop: &orderer.SeekPosition{Type: &orderer.SeekPosition_Specified{
				Specified: &orderer.SeekSpecified{Number: math.MaxUint64},
			}},
			Behavior: orderer.SeekInfo_BLOCK_UNTIL_READY,
		}),
	})
	signature, err := i.sign(payload)
	return &common.Envelope{Payload: payload, Signature: signature}, err
}

func (v *Verdicts) receive(stream peer.Deliver_DeliverFilteredClient) {
	for {
		answer, err := stream.Recv()
		if err == nil && answer.GetFilteredBlock() == nil {
			err = fmt.Errorf("the block stream ended with %s", answer.GetStatus())
		}
		if err != nil {
			v.broken <- err
			return
		}
		for _, tx := range answer.GetFilteredBlock().FilteredTransactions {
			v.tell(tx.Txid, tx.TxValidationCode)
		}
	}
}

// await registers before sending, so that no verdict is missed.
func (v *Verdicts) await(id string) <-chan peer.TxValidationCode {
	verdict := make(chan peer.TxValidationCode, 1)
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.waiting[id] = verdict
	return verdict
}

func (v *Verdicts) tell(id string, code peer.TxValidationCode) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if verdict, ok := v.waiting[id]; ok {
		verdict <- code
		delete(v.waiting, id)
	}
}
