package door

import (
	"errors"
	"fmt"

	"lonja/chaincode/ledger"
)

// refusalPrefix tells our own refusals from Fabric's messages, which come with the same status.
const refusalPrefix = "lonja "

// Refusal is the text of a refused call: `lonja {"code":..,"reason":..,"message":..}`.
func Refusal(err error) string {
	var refusal *ledger.Error
	if !errors.As(err, &refusal) {
		refusal = &ledger.Error{
			Code: ledger.Unavailable, Reason: "state", Message: fmt.Sprintf("The state cannot be reached: %v.", err),
		}
	}
	return refusalPrefix + string(refusal.JSON())
}

func refuse(code ledger.Code, reason, message string, values ...any) error {
	return &ledger.Error{Code: code, Reason: reason, Message: fmt.Sprintf(message, values...)}
}
