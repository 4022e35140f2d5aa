# What the citizen is told.

state-registered = Registered
state-in_progress = In progress
state-in_progress-department = In progress – { $department }
state-waiting_requester = Waiting for your reply
state-waiting_requester-until = Waiting for your reply – before { $date }
state-forwarded = Sent to another organisation
state-forwarded-to = Sent { $organisation }
state-forwarded-on = Sent { $organisation } on { $date }
state-resolved = Answer sent
state-resolved-outcome = Answer sent: { $outcome }
state-closed = Finished
state-withdrawn = Withdrawn at your request
state-dismissed = Closed without further action

next-registered = An agent will read your request and answer you.
next-in_progress = The department is preparing its answer.
next-waiting_requester = Send us what you were asked for: we will go on at once.
next-forwarded = The competent organisation will answer you; there is nothing to do again.
next-resolved = Not what you expected? Reply to our message: your request will be opened again.
next-closed = Nothing: your request is finished.
next-withdrawn = Nothing: you have withdrawn your request.
next-dismissed = The reason was written to you. Call us if it is not clear.

delay-restarts = The delay for our answer starts again when we receive it.
delay-suspended = The delay for our answer is suspended until { $date }.
delay-shifted = The date of our answer moves by the time spent waiting.

outcome-granted = granted
outcome-partly_granted = granted in part
outcome-refused = refused
outcome-informed = informed
outcome-done = done
outcome-moot = no longer needed
outcome-not_competent = not within our remit

# What agents say.

work-received = to be registered
work-queued = waiting
work-offered = offered
work-assigned = assigned
work-in_progress = in progress
work-waiting_requester = waiting for the citizen
work-escalated = handed to level 2
work-forwarded = sent to another organisation
work-resolved = answered
work-closed = closed
work-withdrawn = withdrawn
work-dismissed = closed without action

channel-email = e-mail
channel-web = web site
channel-phone = phone
channel-sms = SMS
channel-counter = counter
channel-post = post
channel-api = partner

nature-request = request
nature-complaint = complaint
nature-report = report
nature-suggestion = suggestion
nature-information = information

presence-available = available
presence-counter = at the counter
presence-phone = on the phone
presence-break = on a break
presence-away = away
