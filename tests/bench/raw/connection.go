package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// Connection is what network/native writes about a running network (connection.json).
type Connection struct {
	Channel       string         `json:"channel"`
	FabricVersion string         `json:"fabric_version"`
	Organisation  string         `json:"organisation"`
	Organisations []Organisation `json:"organisations"`
	Orderers      []Node         `json:"orderers"`
}

// Organisation is one endorser and the identity we may use in its name.
type Organisation struct {
	ID     string `json:"id"`
	MSP    string `json:"msp_id"`
	Peer   Node   `json:"peer"`
	Client struct {
		Certificate string `json:"certificate"`
		Key         string `json:"key"`
	} `json:"client"`
}

// Node is one address with the TLS root that vouches for its name.
type Node struct {
	Address string `json:"address"`
	TLSRoot string `json:"tls_ca"`
	Name    string `json:"name"`
}

func readConnection(path string) (*Connection, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &Connection{}
	if err := json.Unmarshal(content, c); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(c.Organisations) == 0 || len(c.Orderers) == 0 {
		return nil, fmt.Errorf("%s names no organisation or no orderer", path)
	}
	return c, nil
}

// own is the organisation whose client signs and whose peer tells the blocks.
func (c *Connection) own() (Organisation, error) {
	for _, o := range c.Organisations {
		if o.ID == c.Organisation {
			return o, nil
		}
	}
	return Organisation{}, fmt.Errorf("organisation %q is not among the organisations", c.Organisation)
}
