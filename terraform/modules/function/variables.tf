variable "build_account" {
  description = "The service account that Google's build runs as, as projects/PROJECT/serviceAccounts/EMAIL."
  type        = string
}

variable "build_folder" {
  description = "The folder that holds the function's archive, NAME.zip."
  type        = string
}

variable "crypto_key" {
  description = "The key that the function may encrypt and decrypt with, or null for none."
  type        = object({ id = string })
  default     = null
}

variable "delegation" {
  description = "The address of the delegated account that the function may sign as, and the role that lets it; null for none."
  type        = object({ account = string, role = string })
  default     = null
}

variable "description" {
  description = "What the function does, in one sentence."
  type        = string
}

variable "docker_repository" {
  description = "The repository for the function's images, as projects/PROJECT/locations/REGION/repositories/NAME."
  type        = string
}

variable "environment" {
  description = "The function's environment, without what comes from secrets."
  type        = map(string)
}

variable "firestore_database" {
  description = "The one Firestore database that the function may read and write."
  type        = string
}

variable "ingress" {
  description = "From where the function can be reached: ALLOW_ALL or ALLOW_INTERNAL_ONLY."
  type        = string

  validation {
    condition     = contains(["ALLOW_ALL", "ALLOW_INTERNAL_ONLY"], var.ingress)
    error_message = "The ingress must be ALLOW_ALL or ALLOW_INTERNAL_ONLY."
  }
}

variable "invokers" {
  description = "Who may call the function: IAM members by a name of ours."
  type        = map(string)
}

variable "name" {
  description = "The name of the function, of its folder in functions/ and, with underscores, of its entry point."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}[a-z0-9]$", var.name))
    error_message = "A function's name has 3 to 22 characters (a-z, 0-9 and -), so that its account's name is not too long."
  }
}

variable "project_id" {
  description = "The project of the function."
  type        = string
}

variable "project_number" {
  description = "The number of that project."
  type        = string
}

variable "region" {
  description = "The region of the function."
  type        = string
}

variable "runtime" {
  description = "The runtime, such as nodejs24."
  type        = string
}

variable "scaling" {
  description = "Requests at a time per instance, numbers of instances, memory of an instance, and the limit of a request."
  type = object({
    concurrency     = number
    max_instances   = number
    memory          = string
    min_instances   = number
    timeout_seconds = number
  })
}

variable "secrets" {
  description = "Environment keys whose values come from Secret Manager: the secret's short name and the version."
  type        = map(object({ secret_id = string, version = string }))
}

variable "source_bucket" {
  description = "The bucket that the archive is uploaded to."
  type        = string
}

variable "topics" {
  description = "The topics that the function may publish to, by a name of ours."
  type        = map(string)
}
