variable "agent_invokers" {
  description = "Who gets through to the functions that agents call, as IAM members; the functions then authenticate every caller themselves. Where an organisation forbids allUsers, name the agents' accounts: they send a Google token in X-Serverless-Authorization and their own in Authorization."
  type        = list(string)
  default     = ["allUsers"]

  validation {
    condition     = length(var.agent_invokers) > 0 && alltrue([for member in var.agent_invokers : can(regex("^(allUsers|allAuthenticatedUsers|(user|group|serviceAccount|domain|principal|principalSet):.+)$", member))])
    error_message = "Each entry must be an IAM member, such as allUsers or serviceAccount:agent@my-project.iam.gserviceaccount.com."
  }
}

variable "agents" {
  description = "Agents by id: the accounts and SHA-256 digests of the API keys they authenticate with, the mailboxes or whole domains they see, and what they may do. Nothing is granted by default."
  type = map(object({
    apiKeySha256  = optional(list(string), [])
    capabilities  = list(string)
    domains       = optional(list(string), [])
    emails        = optional(list(string), [])
    mailboxes     = optional(list(string), [])
    ratePerMinute = optional(number)
  }))
  default = {}

  validation {
    condition     = alltrue([for id in keys(var.agents) : can(regex("^[A-Za-z][A-Za-z0-9_.-]{0,62}$", id))])
    error_message = "An agent's id starts with a letter and has at most 63 letters, digits, dots, dashes and underscores."
  }

  validation {
    condition     = alltrue(flatten([for agent in var.agents : [for digest in agent.apiKeySha256 : can(regex("^[0-9a-f]{64}$", digest))]]))
    error_message = "Each entry of apiKeySha256 must be the SHA-256 digest of a key in 64 hex digits, never the key."
  }

  validation {
    condition = alltrue(flatten([for agent in var.agents : [for capability in agent.capabilities : contains([
      "mailboxes.read",
      "mailboxes.manage",
      "messages.read",
      "events.read",
      "status.read",
      "availability.read",
      "availability.manage",
      "meetings.read",
      "meetings.write",
      "tasks.read",
      "tasks.write",
      "connections.manage",
    ], capability)]]))
    error_message = "An agent has a capability that does not exist: README.md lists them."
  }

  validation {
    condition     = alltrue(flatten([for agent in var.agents : [for address in concat(agent.emails, agent.mailboxes) : can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", address))]]))
    error_message = "Each entry of emails and mailboxes must be an address."
  }

  validation {
    condition     = length(distinct(flatten([for agent in var.agents : concat(agent.emails, agent.apiKeySha256)]))) == length(flatten([for agent in var.agents : concat(agent.emails, agent.apiKeySha256)]))
    error_message = "An account or an API key can belong to one agent only."
  }
}

variable "event_subscriptions" {
  description = "Subscriptions of agents to their events, by name: members may pull, in order and exactly once, or events are pushed to push_endpoint with a token of the account attache-agent-push. The filter is Pub/Sub's, on the attributes mailbox, type and id; without one all events of all mailboxes come."
  type = map(object({
    ack_deadline_seconds = optional(number, 60)
    filter               = optional(string)
    members              = optional(list(string), [])
    ordered              = optional(bool, true)
    push_endpoint        = optional(string)
  }))
  default = {}

  validation {
    condition     = alltrue([for name in keys(var.event_subscriptions) : can(regex("^[a-z][a-z0-9-]{2,60}$", name)) && !startswith(name, "goog")])
    error_message = "A subscription's name starts with a letter and has 3 to 61 characters (a-z, 0-9 and -)."
  }

  validation {
    condition     = alltrue([for subscription in var.event_subscriptions : subscription.push_endpoint == null || can(regex("^https://", subscription.push_endpoint))])
    error_message = "A push endpoint must begin with https://."
  }

  validation {
    condition     = alltrue([for subscription in var.event_subscriptions : subscription.push_endpoint == null || length(subscription.members) == 0])
    error_message = "A subscription is either pushed or pulled: with a push_endpoint it has no members."
  }

  validation {
    condition     = alltrue([for subscription in var.event_subscriptions : subscription.ack_deadline_seconds >= 10 && subscription.ack_deadline_seconds <= 600])
    error_message = "The ack deadline must be from 10 to 600 seconds."
  }
}

variable "id_token_audiences" {
  description = "Further audiences that agents' ID tokens may name, besides base_url and the functions' own addresses."
  type        = list(string)
  default     = []
}
