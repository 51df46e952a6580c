extension Policy {
  /// The header that may carry a token in place of `authorization`.
  package static let builtInTokenHeader = "x-sf-token"

  /// The API paths that the built-in policy knows, which a policy file adds to. What is not here is
  /// denied.
  ///
  /// Who may write an item is part of its body, so that changing it is an update of the item; both
  /// are for the same people. What an org token's entry shows may include its secret, so reading
  /// one is for those who may change it.
  package static let builtInRoutes: [RouteRule] =
    collection("/v2/integration", "integration")
    + [
      RouteRule(
        "GET", "/v2/integration/validate/{id}", .action("integration.validate"), resource: "id")
    ]
    + collection("/v2/dashboard", "dashboard")
    + collection("/v2/dashboardgroup", "dashboard_group")
    + collection("/v2/detector", "detector")
    + [
      RouteRule("POST", "/v2/detector/validate", .action("detector.create")),
      RouteRule("PUT", "/v2/detector/{id}/enable", .action("detector.update"), resource: "id"),
      RouteRule("PUT", "/v2/detector/{id}/disable", .action("detector.update"), resource: "id"),
      RouteRule("GET", "/v2/detector/{id}/events", .authenticated),
      RouteRule("GET", "/v2/detector/{id}/incidents", .authenticated),
    ]
    + collection("/v2/metric-category", "metric_category")
    + orgTokenRoutes + organizationRoutes + teamRoutes
    + [
      RouteRule("POST", "/v2/datapoint", .action("datapoint.ingest")),
      RouteRule("POST", "/v2/event", .action("datapoint.ingest")),
      RouteRule("POST", "/v2/trace", .action("datapoint.ingest")),
      RouteRule("POST", "/v2/session", .open),
      RouteRule("DELETE", "/v2/session", .authenticated),
    ]

  private static let orgTokenRoutes = [
    RouteRule("GET", "/v2/token", .action("org_token.update")),
    RouteRule("POST", "/v2/token", .action("org_token.create")),
    RouteRule("GET", "/v2/token/{name}", .action("org_token.update")),
    RouteRule("PUT", "/v2/token/{name}", .action("org_token.update")),
    RouteRule("DELETE", "/v2/token/{name}", .action("org_token.delete")),
    RouteRule("POST", "/v2/token/{name}/rotate", .action("org_token.rotate")),
  ]

  private static let organizationRoutes = [
    RouteRule("GET", "/v2/organization", .action("organization.get")),
    RouteRule("GET", "/v2/organization/member", .action("organization_user.get")),
    RouteRule("POST", "/v2/organization/member", .action("organization.invite_user")),
    RouteRule("GET", "/v2/organization/members", .action("organization_user.get")),
    RouteRule("POST", "/v2/organization/members", .action("organization.invite_users")),
    RouteRule(
      "GET", "/v2/organization/member/{user}", .action("organization_user.get"), user: "user"),
    RouteRule(
      "PUT", "/v2/organization/member/{user}", .action("organization_user.grant_admin"),
      user: "user"),
    RouteRule(
      "DELETE", "/v2/organization/member/{user}", .action("organization_user.delete"),
      user: "user"),
  ]

  private static let teamRoutes =
    collection("/v2/team", "team")
    + [
      RouteRule("GET", "/v2/team/{id}/members", .authenticated),
      RouteRule("PUT", "/v2/team/{id}/members", .action("team.update"), resource: "id"),
      RouteRule(
        "PUT", "/v2/team/{id}/member/{user}", .action("team.add_member"), resource: "id",
        user: "user"),
      RouteRule(
        "DELETE", "/v2/team/{id}/member/{user}", .action("team.remove_member"), resource: "id",
        user: "user"),
    ]

  /// A collection of items: whoever has a token reads, the actions of the type decide the rest.
  private static func collection(_ path: String, _ type: String) -> [RouteRule] {
    [
      RouteRule("GET", path, .authenticated),
      RouteRule("POST", path, .action("\(type).create")),
      RouteRule("GET", "\(path)/{id}", .authenticated),
      RouteRule("PUT", "\(path)/{id}", .action("\(type).update"), resource: "id"),
      RouteRule("DELETE", "\(path)/{id}", .action("\(type).delete"), resource: "id"),
    ]
  }
}
