extension Policy {
  /// The policy that holds without a policy file.
  package static let builtIn: Policy = {
    do throws(PolicyError) {
      return try Policy(
        resourceTypes: builtInResourceTypes, actions: builtInActions, routes: builtInRoutes,
        tokenHeader: builtInTokenHeader)
    } catch {
      preconditionFailure("the built-in policy is wrong: \(error.message)")
    }
  }()

  /// The roles of the built-in policy, which a policy file adds to and gives a meaning. That of an
  /// administrator is a relation.
  package static let builtInRoles = ["power", "usage", "read_only"]

  /// The types of the built-in policy, which a policy file adds to.
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

  /// The actions of the built-in policy, which a policy file adds to. Operators are added to each.
  package static let builtInActions: [ActionRule] =
    rows("integration", ["create", "update", "delete", "validate"], .administrator)
    + rows("org_token", ["create", "update", "delete", "rotate"], .administrator)
    + ["dashboard", "dashboard_group", "detector"].flatMap(item)
    + rows("organization", ["get", "invite_user", "invite_users"], .administrator)
    + rows("organization_user", ["get", "grant_admin", "set_roles", "delete"], .administrator)
    + rows("metric_category", ["create", "update", "delete"], .administrator)
    + rows("team", ["create", "update", "delete", "add_member"], .administrator)
    + rows("team", ["remove_member"], [.administrator, .oneself])
    + rows("user_token", ["issue"], [.oneself, .issuerPeer])
    + rows("user_token", ["get", "list", "revoke"], [.administrator, .oneself])
    + rows("datapoint", ["ingest"], .ingestScope)
    + rows("audit", ["read"], .administrator)
    + rows("usage", ["read"], .administrator)
    + rows("directory", ["export"], .administrator)

  private static func rows(
    _ resourceType: String, _ verbs: [String], _ allowedFor: Relations
  ) -> [ActionRule] {
    verbs.map { verb in ActionRule(resourceType, verb, allowedFor) }
  }

  /// The rows of an item with writers: anyone makes one, then its writers and administrators rule
  /// it.
  private static func item(_ resourceType: String) -> [ActionRule] {
    rows(resourceType, ["create"], .member)
      + rows(resourceType, ["update", "delete", "set_writer"], [.administrator, .writer])
      + rows(resourceType, ["remove_writer"], [.administrator, .writer, .oneself])
  }
}
