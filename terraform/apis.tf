resource "google_project_service" "required" {
  for_each = toset([
    "artifactregistry.googleapis.com",
    "calendar-json.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudkms.googleapis.com",
    "cloudscheduler.googleapis.com",
    "firestore.googleapis.com",
    "gmail.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
  ])

  project = var.project_id
  service = each.value

  # Something else in the project may need it.
  disable_on_destroy = false
}

# Only where the number is not given: whoever applies may lack the permission to read the project.
data "google_project" "this" {
  count = var.project_number == null ? 1 : 0

  project_id = var.project_id
}

locals {
  # The project once its APIs are enabled: whatever names it this way is created after them.
  project_id     = one(distinct([for service in google_project_service.required : service.project]))
  project_number = var.project_number == null ? data.google_project.this[0].number : var.project_number
}
