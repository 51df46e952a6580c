extension Policy {
  /// The policy without a policy file.
  package static let builtIn: Policy = {
    do throws(PolicyError) {
      return try Policy(
        resourceTypes: builtInResourceTypes, actions: builtInActions, routes: builtInRoutes,
        tokenHeader: builtInTokenHeader)
    } catch {
      preconditionFailure("the built-in policy is wrong: \(error.message)")
    }
  }()

  /// The roles of the built-in policy. A policy file can add roles and use them in rules. The
  /// administrator role is a relation of its own.
  package static let builtInRoles = ["power", "usage", "read_only"]

  /// The types of the built-in policy. A policy file can add types.
  package static let builtInResourceTypes: [ResourceTypeRule] = [
    ResourceTypeRule("integration", .plain),
    ResourceTypeRule("org_token", .intrinsic),
    ResourceTypeRule("dashboard", .writable),
    ResourceTypeRule("dashboard_group", .writable),
    ResourceTypeRule("detector", .writable),
    ResourceTypeRule("organization", .intrinsic),
    ResourceTypeRule("organization_user", .intrinsic),
    ResourceTypeRule("metric_category", .plain),
    ResourceTypeRule("team", .intrinsic),
    ResourceTypeRule("user_token", .intrinsic),
    ResourceTypeRule("datapoint", .intrinsic),
    ResourceTypeRule("audit", .intrinsic),
    ResourceTypeRule("usage", .intrinsic),
    ResourceTypeRule("directory", .intrinsic),
  ]

  /// The actions of the built-in policy. A policy file can add or replace actions. `Policy.init`
  /// adds operators.
  package static let builtInActions: [ActionRule] =
    rows("integration", ["create", "update", "delete", "validate"], allowing: .administrator)
    + rows("org_token", ["create", "update", "delete", "rotate"], allowing: .administrator)
    + ["dashboard", "dashboard_group", "detector"].flatMap(item)
    + rows("organization", ["get", "invite_user", "invite_users"], allowing: .administrator)
    + rows(
      "organization_user", ["get", "grant_admin", "set_roles", "delete"], allowing: .administrator)
    + rows("metric_category", ["create", "update", "delete"], allowing: .administrator)
    + rows("team", ["create", "update", "delete", "add_member"], allowing: .administrator)
    + rows("team", ["remove_member"], allowing: [.administrator, .oneself])
    + rows("user_token", ["issue"], allowing: [.oneself, .issuerPeer])
    + rows("user_token", ["get", "list", "revoke"], allowing: [.administrator, .oneself])
    + rows("datapoint", ["ingest"], allowing: .ingestScope)
    + rows("audit", ["read"], allowing: .administrator)
    + rows("usage", ["read"], allowing: .administrator)
    + rows("directory", ["export"], allowing: .administrator)

  private static func rows(
    _ resourceType: String, _ verbs: [String], allowing relations: Relations
  ) -> [ActionRule] {
    verbs.map { verb in ActionRule(resourceType, verb, allowing: relations) }
  }

  /// The rows of a type with writers: any member may create a resource, and its writers and
  /// administrators may change it.
  private static func item(_ resourceType: String) -> [ActionRule] {
    rows(resourceType, ["create"], allowing: .member)
      + rows(
        resourceType, ["update", "delete", "set_writer"], allowing: [.administrator, .writer])
      + rows(resourceType, ["remove_writer"], allowing: [.administrator, .writer, .oneself])
  }
}
