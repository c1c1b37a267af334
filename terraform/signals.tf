locals {
  # What a function says in its log that somebody has to know. Each is a metric; message is the line's, word for word.
  # threshold: lines within the minutes that are still no alert; null is for the dashboard only.
  signals = {
    calendar_account_refused = {
      function  = "task-sync"
      message   = "calendar refused the account"
      title     = "Google Calendar refuses an account"
      threshold = 0
      minutes   = 5
      meaning   = "The consent behind a connection ended, or delegation was withdrawn. The connection is needsAuth until its user connects again; its tasks wait."
    }
    calendar_unreadable = {
      function  = "task-sync"
      message   = "calendar cannot be read"
      title     = "A calendar cannot be read"
      threshold = 5
      minutes   = 60
      meaning   = "Changes that people make in a calendar do not reach its tasks. GET /v1/connections shows which; the sweep tries again, less and less often."
    }
    channels_near_expiry = {
      function  = "task-sync"
      message   = "channel not renewed"
      title     = "Calendar channels are about to expire"
      threshold = 5
      minutes   = 60
      meaning   = "Channels that end within a day cannot be renewed; after that Google announces no changes, and calendars are only read by the sweep."
    }
    events_refused = {
      function  = "task-sync"
      message   = "event refused"
      title     = "Google Calendar refuses events"
      threshold = 5
      minutes   = 60
      meaning   = "Events of single tasks are refused for good, and rest until the task is changed. The line has the code."
    }
    mailboxes_lagging = {
      function  = "mailbox-sweep"
      message   = "mailboxes lag behind"
      title     = "Mailboxes lag behind"
      threshold = 2
      minutes   = 30
      meaning   = "For three sweeps in a row there have been mailboxes whose announced mail was not read within 15 minutes. GET /v1/status names them; look for throttling by Gmail and at the age of the oldest message of gmail-sync."
    }
    mailboxes_need_authorisation = {
      function  = "gmail-sync"
      message   = "mailbox needs authorisation"
      title     = "A mailbox needs authorisation"
      threshold = 0
      minutes   = 5
      meaning   = "Google refuses to act for the mailbox's user: delegation was withdrawn, or the user is suspended or gone. Check the Admin console against the output delegation; the mailbox comes back by itself within an hour, or at once by PUT /v1/mailboxes/{email}."
    }
    meetings_unsettled = {
      function  = "calendar-sweep"
      message   = "meeting not settled"
      title     = "Meetings cannot be settled"
      threshold = 10
      minutes   = 60
      meaning   = "Meetings whose creation, change or cancellation was cut off cannot be finished, because Google Calendar refuses or cannot be reached. Their times stay taken meanwhile; the line meeting not settled has the error."
    }
    messages_parked = {
      function  = "gmail-sync"
      message   = "message parked"
      title     = "A message was set aside"
      threshold = 0
      minutes   = 5
      meaning   = "One message failed five times while others of its mailbox went through. GET /v1/mailboxes/{email} names it; POST …:sync tries it again."
    }
    reconcile_found = {
      function  = "gmail-sync"
      message   = "reconcile found missed messages"
      title     = "Reconciling found missed messages"
      threshold = 0
      minutes   = 5
      meaning   = "Messages were delivered hours late, because neither a push nor the sweep brought them. This is expected never to happen: keep the log of that mailbox and look for what it was."
    }
    watch_near_expiry = {
      function  = "watch-renewal"
      message   = "watch expires soon"
      title     = "A Gmail watch is about to expire"
      threshold = 0
      minutes   = 15
      meaning   = "A watch could not be renewed and ends within two days; then Gmail sends no more pushes for the mailbox, and it is only read every QUIET_MINUTES. The line watch renewal failed says why."
    }
    watch_renewal_failed = {
      function  = "watch-renewal"
      message   = "watch renewal failed"
      title     = "Failed watch renewals"
      threshold = null
      minutes   = 15
      meaning   = ""
    }
  }
}
