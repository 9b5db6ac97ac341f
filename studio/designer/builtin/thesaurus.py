"""Words that mean much the same in requests and tools, and words that mean the opposite. Data, nothing else.

A group's words match each other with less weight than a word matches itself. A word may be in several groups: "order"
is something one buys and something one does.
"""

from __future__ import annotations

from typing import Final

SYNONYMS: Final = """
get fetch load read retrieve look lookup find pull obtain open view show query grab see
list search find query browse gather collect enumerate
check verify validate ensure confirm assess examine inspect test evaluate determine
compare match reconcile check
send email mail message notify tell inform write alert ping remind contact reply warn
refund reimburse repay return chargeback
pay payout settle transfer disburse remit wire
charge bill debit collect capture
create add open make register file raise generate insert submit log new issue
updat change set modify edit adjust patch amend mark
delete remove drop erase purge wipe
cancel abort void revoke terminate annul
approv accept grant confirm permit
reject declin refus deny
escalate hand forward
assign allocate delegate route
post publish announce share
book reserve schedule plan
hold reserve block
release free unblock unlock
ship dispatch deliver send parcel
restart reboot reset bounce
order purchase procure buy
close resolve complete finish
disable deactivate suspend lock block
enable activate unlock
score rate rank grade qualify evaluate
page call alert
note comment remark annotate
invite onboard
provision create setup
print label
track trace locate follow
customer client buyer shopper consumer purchaser user
employee worker staff colleague person
amount total price sum value cost gross
ticket issue case incident
invoice bill
supplier vendor seller
leave vacation holiday absence timeoff pto
lead prospect
deal opportunity
quote offer quotation proposal
stock inventory quantity pieces units
article item product sku goods
reason cause why
score rating grade
balance remaining allowanc left
calendar event meeting appointment
chat slack channel teams
sms text phone
parcel shipment package delivery consignment
server host machine node
service system application app
account login access
report summary overview digest
voucher coupon code discount
due deadline
state status stage
kind type sort category
contract agreement
manager boss supervisor
backup snapshot
outage incident
"""

OPPOSITES: Final = """
up down
healthy unhealthy
healthy broken
healthy sick
available unavailable
open closed
active inactive
enabled disabled
valid invalid
succeeded failed
eligible ineligible
matched different
matches differ
online offline
full empty
present missing
paid unpaid
resolved unresolved
verified unverified
complete incomplete
"""

VERBS: Final = """
print comment annotate extend shorten measure
accept ack acknowledge add adjust alert allocate amend apply approve archive ask assign attach audit authorise
authorize backup ban bill block book buy calculate call cancel capture categorise categorize change charge chase
check classify clean close collect compare compensate compile complete compute confirm contact convert copy correct
count create credit deactivate debit decide decline deduct delegate delete deliver deny deploy disable dispatch do
download draft drain dun email enable end enqueue enrich ensure enter erase escalate evaluate exchange execute
export extract fail fetch file fill finalise finalize find finish fire fix flag forward freeze generate get give go
grant greet hand handle hire hold import inform insert inspect interview invite invoice issue keep kill label lend
let list listen load locate lock log look mail make mark match merge message migrate modify monitor move mute note
notify observe obtain offboard onboard open order pack page pause pay perform pick ping place plan poll post prepare
process provision publish pull purchase purge put query quote raise rank rate read rebill rebook reboot receive
reconcile record refund register reimburse reject release remind remove renew reopen reorder repair repay repeat
rephrase replace reply report request require reschedule reserve reset resolve respond restart restock restore
retrieve retry return review revoke reward rewrite roll rollback rotate run save scale scan schedule score search
see send set ship show shut sign silence skip snooze start stop store submit subscribe summarise summarize suspend
swap switch sync tag take tell test text top trace track transfer translate triage trigger try turn unban undo
unfreeze unlock unsubscribe update upload use validate verify void wait warn watch weigh wipe withdraw write
"""
"""Words that may begin a clause: what people ask to be done."""

NOUNISH: Final = """
comment print back backup bill block book call charge copy credit debit deal document export file fire flag hold
import invoice issue
label lead lend lock log match message name note offer order pack page pick pin place plan poll project purchase quote
rank rate record refund report request review reward scale schedule sign store supply tag text ticket top trial
trigger turn visit vote watch work reply restock transfer
"""
"""Verbs that are nouns as often: after "and" or a comma they begin a clause only when more follows."""
