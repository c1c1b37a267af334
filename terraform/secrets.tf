# Environment keys whose values come from Secret Manager. The values are write-only: they are in no plan and no state.

locals {
  agents = jsonencode({
    for id, agent in var.agents : id => { for key, value in agent : key => value if value != null }
  })

  secret_values = {
    AGENTS = local.agents
    # Without one, what was written stays: an empty value is never written, Secret Manager refuses it.
    ZOOM_CLIENT_SECRET = var.zoom_client_secret == null ? "" : var.zoom_client_secret
    # Made up at every apply, and written once: as long as the version stays the same nobody looks at the value.
    EVENT_SIGNING_KEY = sha256("${uuid()}${uuid()}")
  }

  # A write-only value is written again when its version changes: that of the agents follows from what they are.
  secret_versions = merge(
    { AGENTS = parseint(substr(sha256(local.agents), 0, 7), 16), EVENT_SIGNING_KEY = 1 },
    { for key in local.zoom_secrets : key => var.zoom.secret_version },
  )
}

resource "google_secret_manager_secret" "this" {
  for_each = local.secret_versions

  project   = local.project_id
  secret_id = "attache-${lower(replace(each.key, "_", "-"))}"

  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
}

resource "google_secret_manager_secret_version" "this" {
  for_each = google_secret_manager_secret.this

  secret                 = each.value.id
  secret_data_wo         = local.secret_values[each.key]
  secret_data_wo_version = local.secret_versions[each.key]

  # Instances of the revision before still read the version before while the new one rolls out.
  deletion_policy = "DISABLE"

  lifecycle {
    create_before_destroy = true
  }
}

# Wraps the data keys that connections' tokens are encrypted with.
resource "google_kms_key_ring" "this" {
  project  = local.project_id
  location = var.region
  name     = "attache"
}

resource "google_kms_crypto_key" "tokens" {
  key_ring        = google_kms_key_ring.this.id
  name            = "tokens"
  purpose         = "ENCRYPT_DECRYPT"
  rotation_period = "${90 * 24 * 3600}s"

  # Without the key no stored token can ever be read again: for so long a version that was destroyed can be brought back.
  destroy_scheduled_duration = "${30 * 24 * 3600}s"
}

locals {
  # The key's id, which is known while planning.
  token_key = "projects/${local.project_id}/locations/${var.region}/keyRings/${google_kms_key_ring.this.name}/cryptoKeys/${google_kms_crypto_key.tokens.name}"
}
