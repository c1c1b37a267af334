output "base_url" {
  description = "The address that agents know the bundle by, and an audience for their ID tokens."
  value       = local.environment_of_every.BASE_URL
}

output "consent" {
  description = "For accounts that users connect by consent: what to register with the OAuth app in the console, APIs & Services → Credentials, and which scopes its consent screen has to list."
  value = {
    redirect_uri = "${local.environment_of_every.BASE_URL}/v1/connections/callback"
    scopes       = sort(distinct(concat(["openid", "email"], flatten(values(local.delegations)))))
  }
}

output "delegation" {
  description = "To be authorised by hand, once: Admin console → Security → API controls → Domain-wide delegation → Add new. One line for each account: its client id and all of its scopes."
  value = {
    for name, scopes in local.delegations : name => {
      client_id = google_service_account.delegated[name].unique_id
      account   = google_service_account.delegated[name].email
      scopes    = join(",", scopes)
    }
  }
}

output "event_topic" {
  description = "The topic of agents' events, for subscriptions that are made elsewhere."
  value       = google_pubsub_topic.this["agent-events"].id
}

output "functions" {
  description = "Where each function answers."
  value       = { for name, function in module.function : name => function.url }
}

output "hosting" {
  description = "What Firebase Hosting needs in firebase.json, so that all functions share one address: npx firebase-tools deploy --only hosting."
  value = {
    project = local.project_id
    region  = var.region
    public  = sort([for name, function in local.functions : name if function.caller == "agents"])
  }
}

output "token_key" {
  description = "The key that wraps the data keys of connections' tokens."
  value       = local.token_key
}
