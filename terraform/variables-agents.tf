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
    condition     = alltrue(flatten([for agent in var.agents : [for address in concat(agent.emails, agent.mailboxes) : can(regex("^[A-Za-z0-9_'+.-]*[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9-]*[.])+[A-Za-z]{2,}$", address))]]))
    error_message = "Each entry of emails and mailboxes must be an address."
  }

  validation {
    condition     = alltrue(flatten([for agent in var.agents : [for domain in agent.domains : can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?[.])+[a-z]{2,}$", domain))]]))
    error_message = "Each entry of domains must be a domain in lower case, such as example.com."
  }

  validation {
    condition     = alltrue([for agent in var.agents : agent.ratePerMinute == null ? true : agent.ratePerMinute >= 1 && floor(agent.ratePerMinute) == agent.ratePerMinute])
    error_message = "The ratePerMinute of an agent must be a whole number, at least 1."
  }

  validation {
    condition     = length(distinct(flatten([for agent in var.agents : concat([for email in agent.emails : lower(email)], agent.apiKeySha256)]))) == length(flatten([for agent in var.agents : concat(agent.emails, agent.apiKeySha256)]))
    error_message = "An account or an API key can belong to one agent only."
  }
}

variable "event_subscriptions" {
  description = "Subscriptions of agents to their events, by name: members may pull, in order and exactly once, or events are pushed to push_endpoint with a token of the account attache-agent-push. The filter is Pub/Sub's, on the attributes mailbox, type and id; without one all events of all mailboxes come. Another filter or order makes a new subscription: what waited in the old one is in the feed only."
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

  validation {
    condition     = alltrue([for name in keys(var.event_subscriptions) : !contains(keys(local.function_subscriptions), name) && !endswith(name, "-dead-letters")])
    error_message = "A subscription cannot have the name of a function that is pushed to, nor end in -dead-letters."
  }

  validation {
    condition     = alltrue(flatten([for subscription in var.event_subscriptions : [for member in subscription.members : can(regex("^(user|group|serviceAccount|domain|principal|principalSet):.+$", member))]]))
    error_message = "Each entry of members must be an IAM member, such as serviceAccount:agent@my-project.iam.gserviceaccount.com; events are for nobody unnamed."
  }

  validation {
    condition     = alltrue([for subscription in var.event_subscriptions : subscription.filter == null ? true : length(subscription.filter) <= 256])
    error_message = "A filter has at most 256 characters: use attributes.type and several subscriptions, or hasPrefix()."
  }
}

variable "id_token_audiences" {
  description = "Further audiences that agents' ID tokens may name, besides base_url and the functions' own addresses."
  type        = list(string)
  default     = []

  validation {
    condition     = !strcontains(join("", var.id_token_audiences), ",")
    error_message = "An audience has no comma: name each as an entry of its own."
  }
}
