"""Words that mean much the same in requests and tools, and words that mean the opposite. Data, nothing else.

A group's words match each other with less weight than a word matches itself. A word may be in several groups:
"order"
is something one buys and something one does.
"""

from __future__ import annotations

from typing import Final

SYNONYMS: Final = """
get fetch load read retrieve look lookup find pull obtain open view show query grab see take ask determine
list search find query browse gather collect enumerate
check verify validate ensure confirm assess examine inspect test evaluate determine
compare match reconcile check
send email mail message notify tell inform write alert ping remind contact reply warn
refund reimburse repay return chargeback
pay payout settle transfer disburse remit wire
charge bill debit collect capture
create add open make register file raise generate insert submit log new issue record write
updat change set modify edit adjust patch amend mark
set put turn switch move become go updat change
post book
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
link url
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
enrol enroll register admit add
discharge release dismiss
lend loan issue checkout
waive forgive cancel
postpone delay defer reschedule move shift rebook
extend prolong renew lengthen
promote upgrade
replenish refill restock reorder order
suspend freeze block bar ban lock pause
reinstate reactivate enable unblock restore unlock unfreeze resume
arrange book schedule plan
pin post put hang display announce publish broadcast
calculate compute estimate
inspect examine survey check
end terminate cancel close stop
record log note enter register write
nudge remind
doctor physician
car vehicle
flat apartment
tenant renter lessee
student pupil learner
teacher instructor tutor trainer
class course lesson
machine device equipment asset
driver courier
trip ride journey
fine penalty
deposit bond
lease contract
claim complaint
transaction payment
seat place spot
repair fix mend
defect fault damage
phone telephone call
photo picture image
"""

OPPOSITES: Final = """
up down
healthy down
ok down
ok failed
healthy failed
healthy red
healthy bad
matched deviates
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
rollback grab walk
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
announce broadcast display enrol enroll admit discharge lend loan waive forgive postpone defer prolong promote
replenish refill reinstate reactivate resume arrange pin hang estimate survey terminate nudge appoint nominate allot
certify relocate rebook unfreeze mend
"""
"""Words that may begin a clause: what people ask to be done."""

NOUNISH: Final = """
comment print back backup bill block book call charge copy credit debit deal document export file fire flag hold
import invoice issue
label lead lend lock log match message name note offer order pack page pick pin place plan poll project purchase
quote
rank rate record refund report request review reward scale schedule sign store supply tag text ticket top trial
trigger turn visit vote watch work reply restock transfer
"""
"""Verbs that are nouns as often: after "and" or a comma they begin a clause only when more follows."""

COMMON: Final = """
about above absolutely after again against agree agreed ahead alone along already also although always among another
answer answered anybody anyone anything anyway around article asked asking away because been before beforehand
behind
being below beneath best better between beyond both bring button call case cause cent cents certain change channel
cheapest check city clock close coffee colleague colleagues column come comes coming company complain complete
concern
condition confirm contain contains content contents continue copy correct could country couple currency daily data
date
dates days deadline deal decide decided decision department describe desk detail details deviate deviates deviation
different difference direct directly director does doing dollar dollars done double during each early easy either
else
email emails empty ending enough entry equal error errors euro euros even evening event events ever every everybody
everyone everything exact exactly example exceed exceeds except expensive express fail failed fails failure false
fast
fault feedback field fields file files final finally finance find fine finished first fixed follow following follows
form
former found four free friday fridays from front full further general gets given gives goes going gone good goods
great
green group half hand happen happens hard have having head health hello help here high higher highest hold holiday
hour
hourly hours however human hundred idea immediately important incoming information inside instead into issue item
itself
just keep kind know known large larger largest last late later latest least leave leaves left less letter level life
like
likely limit line lines link little live local log logs long longer look looks lost lots loud lower lowest made make
makes
manual many march mark maximum maybe mean means meantime meanwhile meeting mention merely message messages midnight
might
minute minutes mistake moment monday mondays money month monthly months more morning most move much must name named
near
need needed needs never next nice night nightly nobody none noon normal note notes nothing notice number numbers
occur
occurs office often older once one only open option order orders other others otherwise outside over overview owner
paid
page parallel part parts past payment people percent perhaps period permission person persons phone pick piece
pieces
place placed plain plan please plus point points possible post posted previous price problem procedure process
product
program project promise proper purpose question questions quick quickly quite rather react reach reached ready real
really reason receipt receive received record reduce refuse refused regarding reject rejected related remaining
reminder
reply report request requests required respond response rest result results right role room rule rules same saturday
save
second seconds secondly send sends sent separate service several shall share short should shown sign signed similar
simple
simply since single site size slack slow small smaller some somebody someone something sometimes soon sorry special
specific stage stand standard start starts state status stays step steps still stop stops store strictly subject
such
summary sunday supplier sure system table take taken takes task tasks team teams telephone tell tells terminal text
thank
thanks that their them themselves then there thereafter therefore these they thing things think third this those
though
thousand three through thursday thursdays till time times title today together told tomorrow tonight topic total
transport true try tuesday tuesdays twice type under unless until upon urgent usage used user users using usual
usually
value values version very view visit wait waiting waits want wanted wants warehouse warn wednesday wednesdays week
weekday
weekdays weekend weekly weeks weight well were what whatever when whenever where whether which while whole whom
whose wide
will wish with within without word words work working works worth would write written wrong year years yesterday
your
zone accountant accounts amount approval approvals approve approved approves approver balance boss buyer category
classify concurrently controller credit customer customers damaged delivery deny departments discount due employee
employees escalate expired freight garage gold incident invoice invoices label lead leads loyalty manager managers
member
members merchant notification overdue package parcel partner pending pipeline priority quantity queue quote quotes
refund
refunds region release relevant reservation restart retry review revenue rollback sales schedule score security
server
services severity shipment shipments signature silver simultaneously specialist stock supervisor suppliers ticket
tickets
timeline tracking trial unpaid vacation vendor vendors voucher webhook workflow moon full rocket astronaut turtle
fax
robot paint blue red office beta alpha hear hears heard belong belongs pile boring reload press sleep coffee drink
haste hurry noisy complain complained afterwards grab pull rely reminds feels kinds chokes hits brings walk walks
damaged broken previous forgotten forget typed entered gives begin begins beginning forever recent recently wonder
boss answers nobody tier tiers bronze platinum premium regular basic domain website web site browser mobile desktop
morning evening afternoon noon spring summer autumn winter north south east west europe america asia germany france
spain italy poland austria switzerland cash drone taxi pigeon
cheque coin coins cab helicopter bicycle game cheap clean crash down green healthy unhealthy broken offline online
"""
"""Words that are spelt right although no tool speaks of them."""
