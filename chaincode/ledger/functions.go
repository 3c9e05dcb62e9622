package ledger

// Names that the envelope or an act must know.
const (
	tradeExecute = "trade:execute"
	actPropose   = "act:propose"
	actApprove   = "act:approve"
)

// table says for every function who signs it, what its arguments are, and what it does.
// alone: one signature is enough, and this decides whether it is the right one.
// together: two signatures through act:propose and act:approve, one of each side.
func table() map[string]rule {
	list := []rule{
		define("act:propose", function[proposeArgs]{parse: parsePropose, keys: proposeKeys, alone: mayPropose, run: propose}),
		define("act:approve", function[approveArgs]{parse: parseApprove, keys: approveKeys, alone: anyParty[approveArgs], run: approve}),

		define("party:admit", function[admitArgs]{parse: parseAdmit, keys: admitKeys, together: operatorAndCustodian[admitArgs], run: admit}),
		define("party:suspend", function[suspendArgs]{parse: parseSuspendParty, keys: suspendPartyKeys, alone: operatorOnOther, run: suspendParty}),
		define("party:qualify", function[qualifyArgs]{parse: parseQualify, keys: qualifyKeys, alone: byRole[qualifyArgs]("operator"), run: qualify}),

		define("key:add", function[addKeyArgs]{parse: parseAddKey, keys: addKeyKeys, alone: mayAddKey, together: operatorAndCustodian[addKeyArgs], run: addKey}),
		define("key:rotate", function[rotateKeyArgs]{parse: parseRotateKey, keys: rotateKeyKeys, alone: mayRotateKey, together: operatorAndCustodian[rotateKeyArgs], run: rotateKey}),
		define("key:revoke", function[revokeKeyArgs]{parse: parseRevokeKey, keys: revokeKeyKeys, alone: mayRevokeKey, together: operatorAndCustodian[revokeKeyArgs], run: revokeKey}),

		define("account:open", function[openArgs]{parse: parseOpen, keys: openKeys, alone: byRole[openArgs]("custodian"), run: openAccount}),
		define("account:close", function[closeArgs]{parse: parseClose, keys: closeKeys, alone: mayClose, run: closeAccount}),
		define("account:move", function[moveArgs]{parse: parseMove, keys: moveKeys, together: ownerAndNextCustodian, run: moveAccount}),

		define("instrument:register", function[registerArgs]{parse: parseRegister, keys: registerKeys, together: operatorAndCustodian[registerArgs], run: registerInstrument}),
		define("instrument:issue", function[issueArgs]{parse: parseIssue, keys: issueKeys, together: issuerAndCustodian, run: issueInstrument}),
		define("instrument:suspend", function[suspendArgs]{parse: parseSuspendInstrument, keys: suspendInstrumentKeys, alone: byRole[suspendArgs]("operator"), run: suspendInstrument}),

		define("instrument:define", function[defineArgs]{parse: parseDefine, keys: defineKeys, together: whoDefine, run: defineInstrument}),
		define("instrument:identify", function[identifyArgs]{parse: parseIdentify, keys: identifyKeys, alone: byRole[identifyArgs]("operator"), run: identify}),
		define("instrument:authorise", function[authoriseArgs]{parse: parseAuthorise, keys: authoriseKeys, together: whoAuthorise, run: authorise}),

		define("document:publish", function[publishDocumentArgs]{parse: parsePublishDocument, keys: publishDocumentKeys, alone: mayPublishDocument, run: publishDocument}),

		define("holding:transfer", function[transferArgs]{parse: parseTransfer, keys: transferKeys, alone: mayTransfer, run: transfer}),

		define("cash:attest", function[attestArgs]{parse: parseAttest, keys: attestKeys, alone: mayAttest, run: attest}),
		define("cash:deposit", function[depositArgs]{parse: parseDeposit, keys: depositKeys, alone: mayDeposit, run: deposit}),
		define("cash:withdraw", function[withdrawArgs]{parse: parseWithdraw, keys: withdrawKeys, alone: mayWithdraw, run: withdraw}),
		define("cash:pay", function[payArgs]{parse: parsePay, keys: payKeys, alone: mayPay, run: pay}),
		define("cash:refuse", function[payArgs]{parse: parseRefuse, keys: payKeys, alone: mayPay, run: refusePayment}),

		define("mandate:grant", function[grantArgs]{parse: parseGrant, keys: grantKeys, alone: byRole[grantArgs]("investor", "issuer"), run: grant}),
		define("mandate:revoke", function[revokeMandateArgs]{parse: parseRevokeMandate, keys: revokeMandateKeys, alone: anyParty[revokeMandateArgs], run: revokeMandate}),

		define("order:place", function[placeArgs]{parse: parsePlace, keys: placeKeys, alone: mayPlace, run: place}),
		define("order:cancel", function[orderArgs]{parse: parseOrder, keys: orderArgsKeys, alone: mayCancel, run: cancel}),
		define("order:replace", function[replaceArgs]{parse: parseReplace, keys: replaceKeys, alone: mayReplace, run: replace}),
		define("order:amend", function[amendArgs]{parse: parseAmend, keys: amendKeys, alone: mayAmend, run: amend}),
		define("order:release", function[releaseArgs]{parse: parseRelease, keys: releaseKeys, alone: mayRelease, run: releaseOrder}),
		define("order:expire", function[orderArgs]{parse: parseOrder, keys: orderArgsKeys, alone: anyParty[orderArgs], run: expire}),

		define("trade:execute", function[executeArgs]{parse: parseExecute, keys: executeKeys, alone: byRole[executeArgs]("venue"), run: execute}),
		define("trade:report", function[reportArgs]{parse: parseReport, keys: reportKeys, alone: byRole[reportArgs]("exchange"), run: report}),

		define("claim:open", function[openClaimArgs]{parse: parseOpenClaim, keys: openClaimKeys, alone: byRole[openClaimArgs]("exchange"), run: openClaim}),
		define("claim:accept", function[claimArgs]{parse: parseAcceptClaim, keys: claimKeys, alone: mayAnswerClaim, run: acceptClaim}),
		define("claim:refuse", function[claimArgs]{parse: parseReasonedClaim, keys: claimKeys, alone: mayAnswerClaim, run: refuseClaim}),
		define("claim:enforce", function[claimArgs]{parse: parseReasonedClaim, keys: claimKeys, together: operatorAndCustodian[claimArgs], run: enforceClaim}),

		define("offering:open", function[offerArgs]{parse: parseOffer, keys: offerKeys, alone: mayOffer, run: offer}),
		define("offering:invite", function[inviteArgs]{parse: parseInvite, keys: inviteKeys, alone: mayInvite, run: invite}),
		define("offering:cancel", function[cancelOfferingArgs]{parse: parseCancelOffering, keys: cancelOfferingKeys, alone: mayCancelOffering, run: cancelOffering}),
		define("offering:subscribe", function[subscribeArgs]{parse: parseSubscribe, keys: subscribeKeys, alone: maySubscribe, run: subscribe}),
		define("offering:withdraw", function[withdrawSubscriptionArgs]{parse: parseWithdrawSubscription, keys: withdrawSubscriptionKeys, alone: anyParty[withdrawSubscriptionArgs], run: withdrawSubscription}),
		define("offering:allot", function[allotArgs]{parse: parseAllot, keys: allotKeys, together: issuerAndKeeper, run: allot}),
		define("offering:settle", function[settlePartArgs]{parse: parseSettlePart, keys: settlePartKeys, alone: anyParty[settlePartArgs], run: settlePart}),
		define("offering:release", function[releaseSubscriptionsArgs]{parse: parseReleaseSubscriptions, keys: releaseSubscriptionsKeys, alone: anyParty[releaseSubscriptionsArgs], run: releaseSubscriptions}),

		define("instruction:enter", function[enterArgs]{parse: parseEnter, keys: enterKeys, alone: mayEnter, run: enterInstruction}),
		define("instruction:cancel", function[instructionArgs]{parse: parseInstruction, keys: instructionKeys, alone: mayCancelInstruction, run: cancelInstruction}),
		define("instruction:expire", function[instructionArgs]{parse: parseInstruction, keys: instructionKeys, alone: anyParty[instructionArgs], run: expireInstruction}),

		define("disclosure:publish", function[publishArgs]{parse: parsePublish, keys: publishKeys, alone: mayPublish, run: publish}),
	}
	rules := make(map[string]rule, len(list))
	for _, r := range list {
		rules[r.name] = r
	}
	return rules
}

// Call is one verified command on its way into a rule.
type Call struct {
	Command
	Signer Party
	Key    Key // the key that signed
}

// made is the reference to what this command makes.
func (c Call) made() string { return c.Party + ":" + c.ID }

// function is a rule with its arguments' type.
type function[T any] struct {
	parse    func(*fields) T
	keys     func(party string, args T) []string // known from the arguments alone; fetched together
	alone    func(*Tx, Call, T) error
	together func(*Tx, T) ([2]side, error)
	run      func(*Tx, Call, T) error
}

// rule is the same with the type forgotten, for the table.
type rule struct {
	name     string
	parse    func(args map[string]any) (any, *Error)
	keys     func(party string, args any) []string
	alone    func(*Tx, Call, any) error // nil: one signature is not enough
	together func(*Tx, any) ([2]side, error)
	run      func(*Tx, Call, any) error
}

func define[T any](name string, f function[T]) rule {
	r := rule{
		name: name,
		parse: func(args map[string]any) (any, *Error) {
			fields := readFields(args)
			parsed := f.parse(fields)
			return parsed, fields.done()
		},
		keys: func(party string, args any) []string { return f.keys(party, args.(T)) },
		run:  func(tx *Tx, c Call, args any) error { return f.run(tx, c, args.(T)) },
	}
	if f.alone != nil {
		r.alone = func(tx *Tx, c Call, args any) error { return f.alone(tx, c, args.(T)) }
	}
	if f.together != nil {
		r.together = func(tx *Tx, args any) ([2]side, error) { return f.together(tx, args.(T)) }
	}
	return r
}

// side is one of the two who sign an act together.
type side struct {
	name string
	is   func(Party) bool
}

func operatorAndCustodian[T any](*Tx, T) ([2]side, error) {
	return [2]side{roleSide("operator"), roleSide("custodian")}, nil
}

func roleSide(role string) side {
	return side{"the role " + role, func(p Party) bool { return p.has(role) }}
}

func partySide(party, name string) side {
	return side{name, func(p Party) bool { return p.Party == party }}
}

func anyParty[T any](*Tx, Call, T) error { return nil }

func byRole[T any](roles ...string) func(*Tx, Call, T) error {
	return func(_ *Tx, c Call, _ T) error { return c.needs(roles...) }
}

// needs refuses a signer without one of the roles.
func (c Call) needs(roles ...string) error {
	for _, role := range roles {
		if c.Signer.has(role) {
			return nil
		}
	}
	return refuse(Forbidden, "role", "%s has not the role that %s needs: %s.", c.Party, c.Function, joined(roles))
}
