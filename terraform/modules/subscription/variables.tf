variable "ack_deadline_seconds" {
  description = "How long whoever gets a message may work on it: for a push also the limit of the request."
  type        = number
}

variable "attempts" {
  description = "After how many failed deliveries a message is put aside."
  type        = number
}

variable "exactly_once" {
  description = "Whether Pub/Sub delivers exactly once, which it does for pull only."
  type        = bool
  default     = false
}

variable "filter" {
  description = "Pub/Sub's filter on the attributes of messages, or null for all of them."
  type        = string
  default     = null
}

variable "members" {
  description = "Who may pull, as IAM members."
  type        = set(string)
  default     = []
}

variable "name" {
  description = "The name of the subscription."
  type        = string
}

variable "ordered" {
  description = "Whether messages of one ordering key come in order."
  type        = bool
  default     = false
}

variable "project_id" {
  description = "The project of the subscription."
  type        = string
}

variable "pubsub_agent" {
  description = "Pub/Sub's own account as an IAM member: it moves what nobody could take."
  type        = string
}

variable "push" {
  description = "The address that is pushed to, which is the token's audience too, and the account of the token; null for pull."
  type        = object({ account = string, endpoint = string })
  default     = null
}

variable "topic" {
  description = "The topic, as projects/PROJECT/topics/NAME."
  type        = string
}
