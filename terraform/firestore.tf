locals {
  # One source for Terraform, the emulator and the tests.
  firestore = jsondecode(file("${path.module}/../firestore.indexes.json"))
}

resource "google_firestore_database" "this" {
  project                           = local.project_id
  name                              = var.firestore_database
  location_id                       = coalesce(var.firestore_location, var.region)
  type                              = "FIRESTORE_NATIVE"
  concurrency_mode                  = "OPTIMISTIC"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = var.deletion_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy                   = "DELETE"

  # What its documents are sealed and signed with goes after it: while the database is protected, so are they.
  depends_on = [google_kms_crypto_key.tokens, google_secret_manager_secret_version.this]
}

resource "google_firestore_backup_schedule" "daily" {
  project   = local.project_id
  database  = google_firestore_database.this.name
  retention = "${7 * 24 * 3600}s"

  daily_recurrence {}
}

resource "google_firestore_index" "composite" {
  for_each = {
    for index in local.firestore.indexes :
    join(" ", concat([index.collectionGroup], [
      for field in index.fields : try(field.order, "") == "DESCENDING" ? "${field.fieldPath}-" : field.fieldPath
    ])) => index
  }

  project     = local.project_id
  database    = google_firestore_database.this.name
  collection  = each.value.collectionGroup
  query_scope = each.value.queryScope

  dynamic "fields" {
    for_each = each.value.fields

    content {
      field_path   = fields.value.fieldPath
      order        = try(fields.value.order, null)
      array_config = try(fields.value.arrayConfig, null)
    }
  }

  # What is there already is indexed first.
  timeouts {
    create = "6h"
  }
}

# Fields that expire, and fields that nobody asks for, which are not indexed: a write costs and waits for each index.
resource "google_firestore_field" "override" {
  for_each = { for field in local.firestore.fieldOverrides : "${field.collectionGroup} ${field.fieldPath}" => field }

  project    = local.project_id
  database   = google_firestore_database.this.name
  collection = each.value.collectionGroup
  field      = each.value.fieldPath

  dynamic "ttl_config" {
    for_each = try(each.value.ttl, false) ? [true] : []

    content {}
  }

  index_config {
    dynamic "indexes" {
      for_each = each.value.indexes

      content {
        query_scope  = indexes.value.queryScope
        order        = try(indexes.value.order, null)
        array_config = try(indexes.value.arrayConfig, null)
      }
    }
  }

  timeouts {
    create = "6h"
    update = "6h"
  }
}
