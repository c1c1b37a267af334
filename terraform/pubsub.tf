resource "google_pubsub_topic" "this" {
  for_each = toset(["agent-events", "gmail-notifications", "task-sync"])

  project = local.project_id
  name    = each.value
}

# Gmail itself. Where this is refused ("users named in the policy do not belong to a permitted customer"), the organisation
# policy iam.allowedPolicyMemberDomains is in the way: docs/deploy.md, "Organisation policies", says what to do.
resource "google_pubsub_topic_iam_member" "gmail_publishes" {
  project = local.project_id
  topic   = google_pubsub_topic.this["gmail-notifications"].name
  role    = "roles/pubsub.publisher"
  member  = "serviceAccount:gmail-api-push@system.gserviceaccount.com"
}

locals {
  # Subscriptions that are pushed to functions, named after them; and all, with those of agents.
  function_subscriptions = { for name, function in local.functions : name => function.listens if function.listens != null }
  subscriptions          = concat(keys(local.function_subscriptions), keys(var.event_subscriptions))
}

module "function_subscription" {
  source   = "./modules/subscription"
  for_each = local.function_subscriptions

  project_id   = local.project_id
  name         = each.key
  topic        = google_pubsub_topic.this[each.value].id
  pubsub_agent = local.pubsub_agent
  attempts     = 20
  # Also the limit of the request, so it follows the function's own.
  ack_deadline_seconds = local.scaling_of[each.key].timeout_seconds
  push                 = { endpoint = module.function[each.key].url, account = google_service_account.push.email }

  # Without it Pub/Sub cannot sign in.
  depends_on = [google_service_account_iam_member.pubsub_signs_in]
}

# For agents, as var.event_subscriptions says: pulled, or pushed to an address of theirs.
module "agent_subscription" {
  source   = "./modules/subscription"
  for_each = var.event_subscriptions

  project_id           = local.project_id
  name                 = each.key
  topic                = google_pubsub_topic.this["agent-events"].id
  pubsub_agent         = local.pubsub_agent
  attempts             = 100
  ack_deadline_seconds = each.value.ack_deadline_seconds
  filter               = each.value.filter
  ordered              = each.value.ordered
  members              = each.value.members
  exactly_once         = each.value.push_endpoint == null
  push = each.value.push_endpoint == null ? null : {
    endpoint = each.value.push_endpoint
    account  = google_service_account.agent_push.email
  }

  depends_on = [google_service_account_iam_member.pubsub_signs_in]
}
