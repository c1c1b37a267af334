# Runs with any provider, Google's own too: everything it would create is made up. `npm run build` comes first.

mock_provider "google" {
  mock_resource "google_service_account" {
    defaults = {
      name   = "projects/attache-test/serviceAccounts/made-up@attache-test.iam.gserviceaccount.com"
      email  = "made-up@attache-test.iam.gserviceaccount.com"
      member = "serviceAccount:made-up@attache-test.iam.gserviceaccount.com"
    }
  }

  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
}

mock_provider "google-beta" {}

mock_provider "time" {}

variables {
  project_id      = "attache-test"
  allowed_domains = ["example.com"]
}

run "everything_from_nothing" {
  command = plan

  assert {
    condition     = output.functions["gmail-sync"] == "https://gmail-sync-123456789012.europe-west1.run.app"
    error_message = "The number of the project is looked up where it is not given."
  }

  assert {
    condition     = output.base_url == "https://mailboxes-123456789012.europe-west1.run.app"
    error_message = "Without a base_url the bundle's address is that of mailboxes."
  }

  assert {
    condition     = join(",", keys(google_secret_manager_secret.this)) == "AGENTS,EVENT_SIGNING_KEY"
    error_message = "Without a Zoom app there is no secret for one."
  }

  assert {
    condition     = local.agents == "{}"
    error_message = "Without agents nobody is let in."
  }

  assert {
    condition     = google_firestore_database.this.delete_protection_state == "DELETE_PROTECTION_ENABLED"
    error_message = "The database is protected unless told otherwise."
  }

  assert {
    condition     = length(module.agent_subscription) == 0 && length(google_monitoring_notification_channel.email) == 0
    error_message = "Nobody is sent anything unasked."
  }
}

run "an_operator_has_decided" {
  command = plan

  variables {
    base_url              = "https://attache.example.com"
    deletion_protection   = false
    denied_users          = ["admin@example.com", "root@example.com"]
    project_number        = "42"
    region                = "us-central1"
    scheduler_region      = "us-east1"
    firestore_location    = "nam5"
    runtime               = "nodejs22"
    quiet_minutes         = 60
    agent_invokers        = ["serviceAccount:agent@example.iam.gserviceaccount.com"]
    public_webhook        = false
    id_token_audiences    = ["https://agents.example.com"]
    default_working_hours = [{ days = [1, 2, 3], start = "10:00", end = "24:00" }]

    agents = {
      limited = { emails = ["agent@example.com"], capabilities = ["events.read"], ratePerMinute = 5 }
      plain   = { domains = ["example.com"], capabilities = ["availability.read"] }
    }

    scaling = {
      gmail-sync = { max_instances = 50, memory = "2Gi" }
    }

    zoom = { account_id = "account", client_id = "client", secret_version = 3 }
  }

  assert {
    condition     = local.secret_versions.ZOOM_CLIENT_SECRET == 3 && local.environment.zoom.ZOOM_CLIENT_ID == "client"
    error_message = "A Zoom app is told to the functions that make meetings there."
  }

  assert {
    condition     = local.secret_values.ZOOM_CLIENT_SECRET == ""
    error_message = "Where its secret is not given again, what was written stays: providers refuse a version without a value."
  }

  assert {
    condition     = !contains(concat(keys(local.invokers.agents), keys(local.invokers.google)), "allUsers")
    error_message = "An organisation that forbids allUsers can do without."
  }

  assert {
    condition     = length(data.google_project.this) == 0 && output.functions["mailboxes"] == "https://mailboxes-42.us-central1.run.app"
    error_message = "A given number is not looked up."
  }

  assert {
    condition     = jsondecode(local.agents).limited.ratePerMinute == 5 && !can(jsondecode(local.agents).plain.ratePerMinute)
    error_message = "What is not said of an agent is not written either: the code takes null for a mistake."
  }

  assert {
    condition     = local.scaling_of["gmail-sync"].memory == "2Gi" && local.scaling_of["gmail-sync"].concurrency == 80 && local.environment_of_delegation["gmail-sync"].gmail.MAX_INSTANCES == "50"
    error_message = "Scaling is changed key by key, and the function is told."
  }

  assert {
    condition     = local.environment.users.DENIED_USERS == "admin@example.com,root@example.com" && local.environment.mail.QUIET_MINUTES == "60"
    error_message = "Settings reach the environment."
  }

  assert {
    condition     = length(setsubtract(["https://attache.example.com", "https://availability-42.us-central1.run.app", "https://mailboxes-42.us-central1.run.app", "https://agents.example.com"], local.agent_audiences)) == 0
    error_message = "Agents may name the bundle, a function, or what the operator adds."
  }

  assert {
    condition     = google_cloud_scheduler_job.this["mailbox-sweep"].region == "us-east1" && google_firestore_database.this.location_id == "nam5"
    error_message = "Jobs and documents can be elsewhere than the functions."
  }
}
