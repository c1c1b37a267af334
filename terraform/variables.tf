variable "alert_emails" {
  description = "Addresses that alerts go to. Without any, alerts are seen in the console only."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.alert_emails : can(regex("^[^@ ]+@[^@ ]+$", address))])
    error_message = "Each entry must be an address."
  }
}

variable "allowed_domains" {
  description = "Domains whose users may be acted for."
  type        = list(string)

  validation {
    condition     = length(var.allowed_domains) > 0 && alltrue([for domain in var.allowed_domains : can(regex("^([a-z0-9-]+[.])+[a-z]{2,}$", domain))])
    error_message = "Name at least one domain, in lower case, such as example.com."
  }
}

variable "audit_delegation" {
  description = "Whether the audit log says which function signed for which user. Takes over the audit configuration of the IAM Credentials API in this project."
  type        = bool
  default     = true
}

variable "base_url" {
  description = "The address that agents know the bundle by, such as that of Firebase Hosting, without a slash at the end. Without one it is the address of the function mailboxes."
  type        = string
  default     = null

  validation {
    condition     = var.base_url == null || can(regex("^https://[^/]+$", var.base_url))
    error_message = "The address must begin with https:// and have no path."
  }
}

variable "build_folder" {
  description = "The folder that npm run build wrote the archives to; dist beside this folder by default."
  type        = string
  default     = null
}

variable "default_working_hours" {
  description = "Weekly hours of hosts without rules of their own: days as 1 (Monday) to 7, times in the zone of their calendar."
  type        = list(object({ days = list(number), start = string, end = string }))
  default     = [{ days = [1, 2, 3, 4, 5], start = "09:00", end = "17:00" }]

  validation {
    condition     = alltrue(flatten([for hours in var.default_working_hours : [for time in [hours.start, hours.end] : can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", time))]]))
    error_message = "Times are written as 09:00; the end may be 24:00."
  }

  validation {
    condition     = alltrue([for hours in var.default_working_hours : length(hours.days) > 0 && length(setsubtract(hours.days, [1, 2, 3, 4, 5, 6, 7])) == 0])
    error_message = "Days are the numbers 1 (Monday) to 7 (Sunday)."
  }
}

variable "deletion_protection" {
  description = "Whether the database is protected from deletion. Set to false and apply before terraform destroy."
  type        = bool
  default     = true
}

variable "denied_users" {
  description = "Addresses that are never acted for, administrators above all."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for address in var.denied_users : can(regex("^[A-Za-z0-9_'+.-]*[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9-]*[.])+[A-Za-z]{2,}$", address))])
    error_message = "Each entry must be an address."
  }
}

variable "firestore_database" {
  description = "The name of the Firestore database that is created: one of its own, so that it does not meet what the project has."
  type        = string
  default     = "attache"

  validation {
    condition     = var.firestore_database == "(default)" || can(regex("^[a-z][a-z0-9-]{2,61}[a-z0-9]$", var.firestore_database))
    error_message = "The name must be (default), or have 4 to 63 characters (a-z, 0-9 and -) and start with a letter."
  }
}

variable "firestore_location" {
  description = "Where Firestore keeps the documents, such as europe-west1 or eur3; the region by default. It can never be changed."
  type        = string
  default     = null
}

variable "gmail_units_per_minute_per_mailbox" {
  description = "Gmail quota units that one mailbox may use in a minute: 6000 for projects since May 2026, 15000 before."
  type        = number
  default     = 6000

  validation {
    condition     = var.gmail_units_per_minute_per_mailbox >= 1 && floor(var.gmail_units_per_minute_per_mailbox) == var.gmail_units_per_minute_per_mailbox
    error_message = "The number of units of a mailbox must be whole, at least 1."
  }
}

variable "gmail_units_per_minute_per_project" {
  description = "Gmail quota units of the whole project in a minute."
  type        = number
  default     = 1200000

  validation {
    condition     = var.gmail_units_per_minute_per_project >= 1 && floor(var.gmail_units_per_minute_per_project) == var.gmail_units_per_minute_per_project
    error_message = "The number of units of the project must be whole, at least 1."
  }
}

variable "log_severity" {
  description = "The least severity that functions log."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["debug", "info", "warning", "error"], var.log_severity)
    error_message = "The severity must be debug, info, warning or error."
  }
}

variable "managed_by" {
  description = "The name in the closing line of calendar events that are made for tasks."
  type        = string
  default     = "Attaché"

  validation {
    condition     = length(trimspace(var.managed_by)) > 0
    error_message = "The name must not be empty."
  }
}

variable "project_id" {
  description = "The project that everything is created in."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "This is the project's id (a-z, 0-9 and -), not its name or number."
  }
}

variable "project_number" {
  description = "The number of that project, where whoever applies may not read the project; else it is looked up."
  type        = string
  default     = null

  validation {
    condition     = var.project_number == null || can(regex("^[0-9]+$", var.project_number))
    error_message = "The number consists of digits."
  }
}

variable "public_webhook" {
  description = "Whether Google Calendar may announce changes: calendar-webhook then lets everybody through and verifies each announcement itself. Set to false where an organisation forbids allUsers; what people change in a calendar is then seen within six hours."
  type        = bool
  default     = true
}

variable "quiet_minutes" {
  description = "A mailbox from which nothing was heard for so long is read without a push."
  type        = number
  default     = 30

  validation {
    condition     = var.quiet_minutes >= 5 && floor(var.quiet_minutes) == var.quiet_minutes
    error_message = "Whole minutes, at least 5: the sweep does not run more often."
  }
}

variable "reconcile_hours" {
  description = "How often each mailbox is compared with its event records."
  type        = number
  default     = 6

  validation {
    condition     = var.reconcile_hours >= 1 && floor(var.reconcile_hours) == var.reconcile_hours
    error_message = "Whole hours, at least 1."
  }
}

variable "region" {
  description = "The region of the functions and all that belongs to them. firebase.json names it too. The key that tokens are sealed with lives there, so it can never be changed."
  type        = string
  default     = "europe-west1"

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "This is a region, such as europe-west1, not a zone or a multi-region."
  }
}

variable "runtime" {
  description = "The runtime of the functions: nodejs22 until April 2027, nodejs24 until April 2028."
  type        = string
  default     = "nodejs24"

  validation {
    condition     = contains(["nodejs22", "nodejs24"], var.runtime)
    error_message = "The runtime must be nodejs22 or nodejs24."
  }
}

variable "scaling" {
  description = "What differs from a function's own scaling, by function: docs/scale.md says when to turn which."
  type = map(object({
    concurrency     = optional(number)
    max_instances   = optional(number)
    memory          = optional(string)
    min_instances   = optional(number)
    timeout_seconds = optional(number)
  }))
  default = {}

  validation {
    condition     = alltrue([for name in keys(var.scaling) : contains(keys(local.functions), name)])
    error_message = "scaling names a function that does not exist."
  }

  validation {
    condition     = alltrue([for scaling in var.scaling : scaling.timeout_seconds == null ? true : scaling.timeout_seconds >= 10 && scaling.timeout_seconds <= 600])
    error_message = "A request may take from 10 to 600 seconds, which is what Pub/Sub allows."
  }

  validation {
    condition     = alltrue([for name, scaling in var.scaling : scaling.timeout_seconds == null || try(contains(["agents", "google"], local.functions[name].caller), true) ? true : scaling.timeout_seconds >= 300])
    error_message = "A function that is pushed to or scheduled plans 240 seconds of work: its requests need at least 300."
  }

  validation {
    condition     = alltrue([for scaling in var.scaling : alltrue([for number in [scaling.concurrency, scaling.max_instances] : number == null ? true : number >= 1 && number <= 1000 && floor(number) == number])])
    error_message = "Both concurrency and max_instances must be whole numbers from 1 to 1000."
  }

  validation {
    condition     = alltrue([for scaling in var.scaling : scaling.memory == null || can(regex("^[0-9]+(Mi|Gi)$", scaling.memory))])
    error_message = "Memory is written as 512Mi or 2Gi."
  }
}

variable "scheduler_region" {
  description = "The region of Cloud Scheduler's jobs, where the functions' region has no Cloud Scheduler."
  type        = string
  default     = null
}

variable "watch_renew_hours" {
  description = "The age at which a Gmail watch is renewed. Gmail ends it after seven days."
  type        = number
  default     = 22

  validation {
    condition     = var.watch_renew_hours >= 1 && var.watch_renew_hours <= 120 && floor(var.watch_renew_hours) == var.watch_renew_hours
    error_message = "Whole hours, from 1 to 120: two days are left when renewals fail."
  }
}

variable "zoom" {
  description = "A Zoom server-to-server app that makes meetings, besides the accounts that users connect themselves. Count secret_version up when the secret changes."
  type = object({
    account_id     = optional(string, "")
    client_id      = optional(string, "")
    secret_version = optional(number, 1)
  })
  default = {}

  validation {
    condition     = (var.zoom.account_id == "") == (var.zoom.client_id == "")
    error_message = "An account_id needs a client_id, and the other way round."
  }
}

variable "zoom_client_secret" {
  description = "The secret of that app. Give it as TF_VAR_zoom_client_secret, so that it is in no file: at the first apply and whenever secret_version is counted up, else it is not needed."
  type        = string
  default     = null
  ephemeral   = true
  sensitive   = true
}
