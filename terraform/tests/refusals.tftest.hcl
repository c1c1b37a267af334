# Mistakes are refused before anything is created.

mock_provider "google" {}

mock_provider "google-beta" {}

mock_provider "time" {}

variables {
  project_id      = "attache-test"
  project_number  = "123456789012"
  allowed_domains = ["example.com"]
}

run "names_and_numbers" {
  command = plan

  variables {
    project_id        = "My Project"
    project_number    = "my-project"
    region            = "europe-west1-b"
    runtime           = "nodejs20"
    log_severity      = "verbose"
    base_url          = "http://attache.example.com/"
    quiet_minutes     = 1
    watch_renew_hours = 168
    alert_emails      = ["operations"]
    denied_users      = ["admin"]
    allowed_domains   = []
  }

  expect_failures = [
    var.project_id,
    var.project_number,
    var.region,
    var.runtime,
    var.log_severity,
    var.base_url,
    var.quiet_minutes,
    var.watch_renew_hours,
    var.alert_emails,
    var.denied_users,
    var.allowed_domains,
  ]
}

run "an_agent_with_its_key_in_the_open" {
  command = plan

  variables {
    agents = { careless = { apiKeySha256 = ["atk_secret"], capabilities = ["events.read"] } }
  }

  expect_failures = [var.agents]
}

run "an_agent_that_may_do_what_nobody_can" {
  command = plan

  variables {
    agents = { eager = { emails = ["agent@example.com"], capabilities = ["everything"] } }
  }

  expect_failures = [var.agents]
}

run "two_agents_with_one_account" {
  command = plan

  variables {
    agents = {
      one = { emails = ["agent@example.com"], capabilities = ["events.read"] }
      two = { emails = ["agent@example.com"], capabilities = ["events.read"] }
    }
  }

  expect_failures = [var.agents]
}

run "a_subscription_that_is_pushed_and_pulled" {
  command = plan

  variables {
    event_subscriptions = {
      both = { push_endpoint = "https://agent.example.com", members = ["user:ana@example.com"] }
    }
  }

  expect_failures = [var.event_subscriptions]
}

run "scaling_of_a_function_that_does_not_exist" {
  command = plan

  variables {
    scaling = { gmail-snyc = { max_instances = 1 } }
  }

  expect_failures = [var.scaling]
}

run "half_a_zoom_app" {
  command = plan

  variables {
    zoom = { account_id = "account" }
  }

  expect_failures = [var.zoom]
}
