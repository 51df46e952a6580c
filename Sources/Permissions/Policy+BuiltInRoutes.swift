extension Policy {
  /// The header that may carry a token in place of `authorization`.
  package static let builtInTokenHeader = "x-sf-token"

  /// The API paths of the built-in policy. A policy file can add or replace routes. Requests that
  /// match no route are denied.
  ///
  /// The writers of an item are part of its body, so changing them is an update of the item and
  /// needs the same right. The entry of an org token may include its secret, so reading it needs
  /// the right to change it.
  package static let builtInRoutes: [RouteRule] =
    collection("/v2/integration", "integration")
    + [
      RouteRule(
        "GET", "/v2/integration/validate/{id}", access: .action("integration.validate"),
        resource: "id")
    ]
    + collection("/v2/dashboard", "dashboard")
    + collection("/v2/dashboardgroup", "dashboard_group")
    + collection("/v2/detector", "detector")
    + [
      RouteRule("POST", "/v2/detector/validate", access: .action("detector.create")),
      RouteRule(
        "PUT", "/v2/detector/{id}/enable", access: .action("detector.update"), resource: "id"),
      RouteRule(
        "PUT", "/v2/detector/{id}/disable", access: .action("detector.update"), resource: "id"),
      RouteRule("GET", "/v2/detector/{id}/events", access: .authenticated),
      RouteRule("GET", "/v2/detector/{id}/incidents", access: .authenticated),
    ]
    + collection("/v2/metric-category", "metric_category")
    + orgTokenRoutes + organizationRoutes + teamRoutes
    + [
      RouteRule("POST", "/v2/datapoint", access: .action("datapoint.ingest")),
      RouteRule("POST", "/v2/event", access: .action("datapoint.ingest")),
      RouteRule("POST", "/v2/trace", access: .action("datapoint.ingest")),
      RouteRule("POST", "/v2/session", access: .open),
      RouteRule("DELETE", "/v2/session", access: .authenticated),
    ]

  private static let orgTokenRoutes = [
    RouteRule("GET", "/v2/token", access: .action("org_token.update")),
    RouteRule("POST", "/v2/token", access: .action("org_token.create")),
    RouteRule("GET", "/v2/token/{name}", access: .action("org_token.update")),
    RouteRule("PUT", "/v2/token/{name}", access: .action("org_token.update")),
    RouteRule("DELETE", "/v2/token/{name}", access: .action("org_token.delete")),
    RouteRule("POST", "/v2/token/{name}/rotate", access: .action("org_token.rotate")),
  ]

  private static let organizationRoutes = [
    RouteRule("GET", "/v2/organization", access: .action("organization.get")),
    RouteRule("GET", "/v2/organization/member", access: .action("organization_user.get")),
    RouteRule("POST", "/v2/organization/member", access: .action("organization.invite_user")),
    RouteRule("GET", "/v2/organization/members", access: .action("organization_user.get")),
    RouteRule("POST", "/v2/organization/members", access: .action("organization.invite_users")),
    RouteRule(
      "GET", "/v2/organization/member/{user}", access: .action("organization_user.get"),
      user: "user"),
    RouteRule(
      "PUT", "/v2/organization/member/{user}", access: .action("organization_user.grant_admin"),
      user: "user"),
    RouteRule(
      "DELETE", "/v2/organization/member/{user}", access: .action("organization_user.delete"),
      user: "user"),
  ]

  private static let teamRoutes =
    collection("/v2/team", "team")
    + [
      RouteRule("GET", "/v2/team/{id}/members", access: .authenticated),
      RouteRule("PUT", "/v2/team/{id}/members", access: .action("team.update"), resource: "id"),
      RouteRule(
        "PUT", "/v2/team/{id}/member/{user}", access: .action("team.add_member"), resource: "id",
        user: "user"),
      RouteRule(
        "DELETE", "/v2/team/{id}/member/{user}", access: .action("team.remove_member"),
        resource: "id",
        user: "user"),
    ]

  /// A collection of items: any authenticated token may read; the actions of the type decide the
  /// rest.
  private static func collection(_ path: String, _ type: String) -> [RouteRule] {
    [
      RouteRule("GET", path, access: .authenticated),
      RouteRule("POST", path, access: .action("\(type).create")),
      RouteRule("GET", "\(path)/{id}", access: .authenticated),
      RouteRule("PUT", "\(path)/{id}", access: .action("\(type).update"), resource: "id"),
      RouteRule("DELETE", "\(path)/{id}", access: .action("\(type).delete"), resource: "id"),
    ]
  }
}
