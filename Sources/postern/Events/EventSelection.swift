internal import Messages

/// Which events are asked for, as far as `audit` and `watch` have it in common, and more.
struct EventSelection {
  private let organization: String?
  private let user: String?
  private let token: String?
  private let resourceType: String?
  private let resourceID: String?
  private let kinds: [PosternV1.EventKind]

  init(_ invocation: Invocation) throws(Failure) {
    organization = invocation.optional(.organization)
    user = invocation.optional(.user)
    token = invocation.optional(.token)
    kinds = try EventKindText.kinds(invocation.all(.kind))
    guard user == nil || organization != nil else {
      throw .misuse("`--user` needs `--org`: the id of a user says nothing without it")
    }
    let parts = invocation.optional(.resource)?.split(separator: "/", maxSplits: 1)
    resourceType = parts?.first.map(String.init)
    resourceID = parts.flatMap { $0.count > 1 ? String($0[1]) : nil }
  }

  func write(into request: PosternV1.ListEventsRequest.Builder) {
    if let organization { request.setOrganizationID(organization) }
    if let user { request.setUserID(user) }
    if let token { request.setTokenID(token) }
    if let resourceType { request.setResourceType(resourceType) }
    if let resourceID { request.setResourceID(resourceID) }
    for kind in kinds { request.addKinds(kind) }
  }

  func write(into request: PosternV1.WatchRequest.Builder) {
    if let organization { request.setOrganizationID(organization) }
    for kind in kinds { request.addKinds(kind) }
  }
}
