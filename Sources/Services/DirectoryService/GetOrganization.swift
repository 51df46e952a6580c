internal import Identifiers
internal import Ledger
internal import Messages
internal import RPC

extension PosternServices {
  // For administrators of the organization and operators.
  func getOrganization(
    _ request: PosternV1.GetOrganizationRequest, for call: Call, from snapshot: borrowing Snapshot,
    into response: PosternV1.GetOrganizationResponse.Builder
  ) throws(Status) {
    let organization = try Fields.organizationID(request.organizationID)
    let caller = try authenticate(call, in: snapshot)
    try authorize(caller, "organization.get", on: Target(in: organization), in: snapshot)
    try requireOrganization(organization, in: snapshot)
    writeOrganization(organization, from: snapshot, into: response.makeOrganization())
  }
}
