# The one map. An entry is all that Terraform is told about a function:
#   caller       agents (public, authenticated in code), push, scheduler, or google (public, verified in code)
#   delegation   the set of scopes it acts for users with (identities.tf), or none
#   environment  what only this function reads; the rest follows from caller and delegation
#   secrets      environment keys whose values come from secrets.tf, beyond those of the caller
#   publishes    topics (pubsub.tf)
#   listens      the topic that is pushed to it, or null
#   jobs         schedules (scheduler.tf), by name; after silent_minutes without a successful run there is an alert
#   tokens       whether it opens and seals connections' tokens (secrets.tf)
#   scaling      what var.scaling does not say otherwise; memory is explained in docs/scale.md
locals {
  functions = {
    availability = {
      description = "Free time of hosts, and the rules it follows."
      caller      = "agents"
      delegation  = "availability"
      environment = local.environment.scheduling
      secrets     = []
      publishes   = []
      listens     = null
      jobs        = {}
      tokens      = false
      scaling     = local.scaling.agents
    }

    calendar-sweep = {
      description = "Brings meetings to rest, renews channels, and looks for tasks and events that lost each other."
      caller      = "scheduler"
      delegation  = "meetings"
      environment = merge(local.environment.events, local.environment.job, local.environment.sync, local.environment.zoom)
      secrets     = local.zoom_secrets
      publishes   = ["agent-events", "task-sync"]
      listens     = null
      jobs = {
        expired-holds    = { schedule = "*/5 * * * *", path = "/expired-holds", silent_minutes = 15 }
        refresh-channels = { schedule = "7 * * * *", path = "/refresh-channels", silent_minutes = 180 }
        sync-orphaned    = { schedule = "11,41 * * * *", path = "/sync-orphaned", silent_minutes = 90 }
        sync-pending     = { schedule = "2-59/5 * * * *", path = "/sync-pending", silent_minutes = 15 }
      }
      tokens  = true
      scaling = local.scaling.job
    }

    calendar-webhook = {
      description = "Takes Google Calendar's announcements of changes."
      caller      = "google"
      delegation  = "none"
      environment = local.environment.sync
      secrets     = []
      publishes   = ["task-sync"]
      listens     = null
      jobs        = {}
      tokens      = false
      scaling     = local.scaling.agents
    }

    connections = {
      description = "Accounts that their users connect by consent, and OAuth apps."
      caller      = "agents"
      delegation  = "sync"
      environment = merge(local.environment.events, local.environment.sync, local.environment.zoom)
      secrets     = local.zoom_secrets
      publishes   = ["agent-events", "task-sync"]
      listens     = null
      jobs        = {}
      tokens      = true
      scaling     = local.scaling.agents
    }

    gmail-sync = {
      description = "Reads what changed in a mailbox and makes each new message one event."
      caller      = "push"
      delegation  = "gmail"
      environment = merge(local.environment.mail, { LEASE_SECONDS = "90", SYNC_BUDGET_SECONDS = "240" })
      secrets     = []
      publishes   = ["agent-events", "gmail-notifications"]
      listens     = "gmail-notifications"
      jobs        = {}
      tokens      = true
      scaling     = local.scaling.push
    }

    mailbox-sweep = {
      description = "Wakes mailboxes that are quiet or lag behind."
      caller      = "scheduler"
      delegation  = "none"
      environment = merge(local.environment.mail, local.environment.job)
      secrets     = []
      publishes   = ["gmail-notifications"]
      listens     = null
      jobs        = { mailbox-sweep = { schedule = "*/5 * * * *", path = "/", silent_minutes = 15 } }
      tokens      = false
      scaling     = local.scaling.job
    }

    mailboxes = {
      description = "Mailboxes, their messages and the feed of events, for agents and operators."
      caller      = "agents"
      delegation  = "gmail"
      environment = local.environment.mail
      secrets     = []
      publishes   = ["agent-events", "gmail-notifications"]
      listens     = null
      jobs        = {}
      tokens      = true
      scaling     = local.scaling.agents
    }

    meetings = {
      description = "Creates, reads, changes and cancels meetings."
      caller      = "agents"
      delegation  = "meetings"
      environment = merge(local.environment.events, local.environment.scheduling, local.environment.zoom)
      secrets     = local.zoom_secrets
      publishes   = ["agent-events"]
      listens     = null
      jobs        = {}
      tokens      = true
      scaling     = local.scaling.agents
    }

    task-sync = {
      description = "Keeps tasks and calendar events the same, in both directions."
      caller      = "push"
      delegation  = "sync"
      environment = merge(local.environment.events, local.environment.marks, local.environment.sync, local.environment.tasks, local.environment.zoom, {
        CALENDAR_WEBHOOK_URL = "https://calendar-webhook-${local.project_number}.${var.region}.run.app/"
      })
      secrets   = concat(["EVENT_SIGNING_KEY"], local.zoom_secrets)
      publishes = ["agent-events", "task-sync"]
      listens   = "task-sync"
      jobs      = {}
      tokens    = true
      scaling   = local.scaling.push
    }

    tasks = {
      description = "Tasks and their conflicts, for agents and CRMs."
      caller      = "agents"
      delegation  = "none"
      environment = merge(local.environment.events, local.environment.sync, local.environment.tasks, local.environment.users)
      secrets     = []
      publishes   = ["agent-events", "task-sync"]
      listens     = null
      jobs        = {}
      tokens      = false
      scaling     = local.scaling.agents
    }

    watch-renewal = {
      description = "Renews Gmail's watches, and finishes registrations that were cut off."
      caller      = "scheduler"
      delegation  = "gmail"
      environment = merge(local.environment.mail, local.environment.job)
      secrets     = []
      publishes   = ["agent-events"]
      listens     = null
      jobs        = { watch-renewal = { schedule = "*/10 * * * *", path = "/", silent_minutes = 30 } }
      tokens      = true
      scaling     = local.scaling.job
    }
  }
}

# ── What follows from an entry ────────────────────────────────────────────────────────────────────────────────────

locals {
  # Google forms a function's address from these parts, so that it is known beforehand and can stand in the environment.
  urls = { for name in keys(local.functions) : name => "https://${name}-${local.project_number}.${var.region}.run.app" }

  environment_of_every = {
    BASE_URL             = coalesce(var.base_url, local.urls["mailboxes"])
    FIRESTORE_DATABASE   = google_firestore_database.this.name
    GOOGLE_CLOUD_PROJECT = local.project_id
    LOG_SEVERITY         = var.log_severity
  }

  # Pieces, named as in shared/runtime/config-fragments.ts and shared/platform.
  environment = {
    events = {
      AGENT_EVENTS_TOPIC = google_pubsub_topic.this["agent-events"].name
    }
    job = {
      JOB_BUDGET_SECONDS = "240"
    }
    mail = {
      AGENT_EVENTS_TOPIC        = google_pubsub_topic.this["agent-events"].name
      GMAIL_NOTIFICATIONS_TOPIC = google_pubsub_topic.this["gmail-notifications"].name
      QUIET_MINUTES             = tostring(var.quiet_minutes)
      RECONCILE_HOURS           = tostring(var.reconcile_hours)
      WATCH_RENEW_HOURS         = tostring(var.watch_renew_hours)
    }
    quota = {
      GMAIL_UNITS_PER_MINUTE_PER_MAILBOX = tostring(var.gmail_units_per_minute_per_mailbox)
      GMAIL_UNITS_PER_MINUTE_PER_PROJECT = tostring(var.gmail_units_per_minute_per_project)
    }
    scheduling = {
      DEFAULT_WORKING_HOURS = jsonencode(var.default_working_hours)
    }
    # Names this installation in the events that it makes, so that no other takes them for its own.
    marks = {
      DEPLOYMENT = local.project_id
    }
    sync = {
      TASK_SYNC_TOPIC = google_pubsub_topic.this["task-sync"].name
    }
    tasks = {
      MANAGED_BY = var.managed_by
    }
    users = {
      ALLOWED_DOMAINS = join(",", var.allowed_domains)
      DENIED_USERS    = join(",", var.denied_users)
    }
    zoom = tomap({ for key, value in { ZOOM_ACCOUNT_ID = var.zoom.account_id, ZOOM_CLIENT_ID = var.zoom.client_id } : key => value if value != "" })
  }

  environment_of_delegation = {
    for name in keys(local.functions) : name => {
      none         = {}
      availability = merge(local.environment.users, { CALENDAR_DELEGATED_SERVICE_ACCOUNT = local.delegated.availability })
      meetings     = merge(local.environment.users, { CALENDAR_DELEGATED_SERVICE_ACCOUNT = local.delegated.meetings })
      sync         = merge(local.environment.users, { CALENDAR_DELEGATED_SERVICE_ACCOUNT = local.delegated.sync })
      gmail = merge(local.environment.users, local.environment.quota, {
        GMAIL_DELEGATED_SERVICE_ACCOUNT = local.delegated.gmail
        MAX_INSTANCES                   = tostring(local.scaling_of[name].max_instances)
      })
    }
  }

  environment_of_caller = {
    for name in keys(local.functions) : name => {
      agents    = { ID_TOKEN_AUDIENCES = join(",", local.agent_audiences) }
      google    = {}
      push      = { PUSH_AUDIENCE = local.urls[name], PUSH_SERVICE_ACCOUNT = google_service_account.push.email }
      scheduler = { SCHEDULER_AUDIENCE = local.urls[name], SCHEDULER_SERVICE_ACCOUNT = google_service_account.scheduler.email }
    }
  }

  # An agent's ID token may name the bundle's address or that of any function that agents call.
  agent_audiences = distinct(concat(
    [local.environment_of_every.BASE_URL],
    [for name, function in local.functions : local.urls[name] if function.caller == "agents"],
    var.id_token_audiences,
  ))

  zoom_secrets      = var.zoom.client_id == "" ? [] : ["ZOOM_CLIENT_SECRET"]
  secrets_of_caller = { agents = ["AGENTS"], google = [], push = [], scheduler = [] }

  invokers = {
    agents    = { for member in var.agent_invokers : member => member }
    google    = { for member in var.public_webhook ? ["allUsers"] : [] : member => member }
    push      = { push = google_service_account.push.member }
    scheduler = { scheduler = google_service_account.scheduler.member }
  }

  # Pub/Sub and Cloud Scheduler of the same project count as internal.
  ingress = {
    agents    = "ALLOW_ALL"
    google    = "ALLOW_ALL"
    push      = "ALLOW_INTERNAL_ONLY"
    scheduler = "ALLOW_INTERNAL_ONLY"
  }

  scaling = {
    agents = { concurrency = 80, max_instances = 20, memory = "512Mi", min_instances = 0, timeout_seconds = 60 }
    push   = { concurrency = 80, max_instances = 20, memory = "1Gi", min_instances = 0, timeout_seconds = 300 }
    # One instance for all jobs of a function: what a run leaves, the next one finds.
    job = { concurrency = 10, max_instances = 1, memory = "512Mi", min_instances = 0, timeout_seconds = 300 }
  }

  scaling_of = {
    for name, function in local.functions : name => merge(function.scaling, {
      for key, value in try(var.scaling[name], {}) : key => value if value != null
    })
  }
}

module "function" {
  source   = "./modules/function"
  for_each = local.functions

  name               = each.key
  description        = each.value.description
  project_id         = local.project_id
  project_number     = local.project_number
  region             = var.region
  runtime            = var.runtime
  build_account      = google_service_account.build.name
  build_folder       = coalesce(var.build_folder, "${path.root}/../dist")
  docker_repository  = google_artifact_registry_repository.images.id
  source_bucket      = google_storage_bucket.source.name
  firestore_database = google_firestore_database.this.name
  invokers           = local.invokers[each.value.caller]
  ingress            = local.ingress[each.value.caller]
  scaling            = local.scaling_of[each.key]
  topics             = { for topic in each.value.publishes : topic => google_pubsub_topic.this[topic].name }
  crypto_key         = each.value.tokens ? { id = local.token_key } : null

  environment = merge(
    local.environment_of_every,
    local.environment_of_caller[each.key][each.value.caller],
    local.environment_of_delegation[each.key][each.value.delegation],
    each.value.tokens ? tomap({ TOKEN_KMS_KEY = local.token_key }) : tomap({}),
    each.value.environment,
  )

  secrets = {
    for key in concat(local.secrets_of_caller[each.value.caller], each.value.secrets) : key => {
      secret_id = google_secret_manager_secret.this[key].secret_id
      version   = google_secret_manager_secret_version.this[key].version
    }
  }

  delegation = each.value.delegation == "none" ? null : {
    account = local.delegated[each.value.delegation]
    role    = local.jwt_signer
  }

  # Builds need their grants, and what the code asks of the documents needs its index.
  depends_on = [google_firestore_field.override, google_firestore_index.composite, time_sleep.grants_spread]
}
