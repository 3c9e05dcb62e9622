package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/hyperledger/fabric-protos-go-apiv2/common"
	"github.com/hyperledger/fabric-protos-go-apiv2/orderer"
	"github.com/hyperledger/fabric-protos-go-apiv2/peer"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

// errDiffer says that the endorsers did not agree: one has not committed the previous trade of these accounts yet.
var errDiffer = errors.New("endorsers differ")

// Fabric is one client's view of the network: every endorser, one orderer, one stream of blocks.
type Fabric struct {
	identity  *Identity
	channel   string
	endorsers []peer.EndorserClient
	ordering  *Broadcast
	verdicts  *Verdicts
}

func dial(n Node) (*grpc.ClientConn, error) {
	roots, err := credentials.NewClientTLSFromFile(n.TLSRoot, n.Name)
	if err != nil {
		return nil, err
	}
	return grpc.NewClient(n.Address, grpc.WithTransportCredentials(roots))
}

// connect opens one channel per node and starts both streams; they end with the context.
func connect(ctx context.Context, c *Connection) (*Fabric, error) {
	own, err := c.own()
	if err != nil {
		return nil, err
	}
	f := &Fabric{channel: c.Channel}
	if f.identity, err = loadIdentity(own); err != nil {
		return nil, err
	}
	for _, o := range c.Organisations {
		conn, err := dial(o.Peer)
		if err != nil {
			return nil, err
		}
		f.endorsers = append(f.endorsers, peer.NewEndorserClient(conn))
		if o.ID == own.ID {
			if f.verdicts, err = listen(ctx, conn, f.identity, c.Channel); err != nil {
				return nil, err
			}
		}
	}
	conn, err := dial(c.Orderers[0])
	if err != nil {
		return nil, err
	}
	f.ordering, err = openBroadcast(ctx, conn)
	return f, err
}

// endorse asks every organisation at once and compares the answers byte by byte.
func (f *Fabric) endorse(ctx context.Context, p *Proposal) ([]*peer.ProposalResponse, error) {
	answers := make([]*peer.ProposalResponse, len(f.endorsers))
	failures := make([]error, len(f.endorsers))
	var asked sync.WaitGroup
	for i, endorser := range f.endorsers {
		asked.Go(func() { answers[i], failures[i] = endorser.ProcessProposal(ctx, p.signed) })
	}
	asked.Wait()
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	for _, answer := range answers {
		if answer.Response.Status >= 400 {
			return nil, fmt.Errorf("refused: %s", answer.Response.Message)
		}
		if !bytes.Equal(answer.Payload, answers[0].Payload) {
			return nil, errDiffer
		}
	}
	return answers, nil
}

// call runs one transaction to its verdict at our own peer.
func (f *Fabric) call(ctx context.Context, chaincode string, args ...string) (peer.TxValidationCode, error) {
	p, err := propose(f.identity, f.channel, chaincode, args...)
	if err != nil {
		return 0, err
	}
	answers, err := f.endorse(ctx, p)
	if err != nil {
		return 0, err
	}
	envelope, err := p.envelope(f.identity, answers)
	if err != nil {
		return 0, err
	}
	verdict := f.verdicts.await(p.id)
	if err := f.ordering.send(envelope); err != nil {
		return 0, err
	}
	select {
	case code := <-verdict:
		return code, nil
	case err := <-f.verdicts.broken:
		return 0, err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// Broadcast is one kept stream to an orderer; its answers come in the order of sending.
type Broadcast struct {
	mutex   sync.Mutex
	stream  orderer.AtomicBroadcast_BroadcastClient
	waiting chan chan error
}

func openBroadcast(ctx context.Context, conn *grpc.ClientConn) (*Broadcast, error) {
	stream, err := orderer.NewAtomicBroadcastClient(conn).Broadcast(ctx)
	if err != nil {
		return nil, err
	}
	b := &Broadcast{stream: stream, waiting: make(chan chan error, 4096)}
	go b.receive()
	return b, nil
}

func (b *Broadcast) receive() {
	for waiter := range b.waiting {
		answer, err := b.stream.Recv()
		if err == nil && answer.Status != common.Status_SUCCESS {
			err = fmt.Errorf("orderer answered %s %s", answer.Status, answer.Info)
		}
		waiter <- err
	}
}

func (b *Broadcast) send(envelope *common.Envelope) error {
	accepted := make(chan error, 1)
	b.mutex.Lock()
	b.waiting <- accepted
	err := b.stream.Send(envelope)
	b.mutex.Unlock()
	if err != nil {
		return err
	}
	return <-accepted
}
