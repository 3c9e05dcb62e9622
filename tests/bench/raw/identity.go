package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"

	"github.com/hyperledger/fabric-protos-go-apiv2/msp"
	"google.golang.org/protobuf/proto"
)

// Identity signs proposals and envelopes in an organisation's name.
type Identity struct {
	creator []byte
	key     *ecdsa.PrivateKey
}

var halfOrder = new(big.Int).Rsh(elliptic.P256().Params().N, 1)

func loadIdentity(o Organisation) (*Identity, error) {
	certificate, err := os.ReadFile(o.Client.Certificate)
	if err != nil {
		return nil, err
	}
	key, err := loadKey(o.Client.Key)
	if err != nil {
		return nil, err
	}
	creator, err := proto.Marshal(&msp.SerializedIdentity{Mspid: o.MSP, IdBytes: certificate})
	return &Identity{creator: creator, key: key}, err
}

func loadKey(path string) (*ecdsa.PrivateKey, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, fmt.Errorf("%s is not PEM", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		if key, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
			return key, nil
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s is not an EC key", path)
	}
	return key, nil
}

// sign returns a DER signature with S in the low half: Fabric refuses the other.
func (i *Identity) sign(message []byte) ([]byte, error) {
	digest := sha256.Sum256(message)
	r, s, err := ecdsa.Sign(rand.Reader, i.key, digest[:])
	if err != nil {
		return nil, err
	}
	if s.Cmp(halfOrder) > 0 {
		s.Sub(elliptic.P256().Params().N, s)
	}
	return asn1.Marshal(struct{ R, S *big.Int }{r, s})
}
