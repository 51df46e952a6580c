/// A rule of a route table, with its variables as positions.
struct Route: Sendable {
  let access: RouteAccess
  let resource: Int?
  let user: Int?
  let organization: Int?

  init(_ rule: RouteRule, _ template: RouteTemplate, name: String) throws(RouteError) {
    access = rule.access
    resource = try template.position(rule.resource, rule, route: name)
    user = try template.position(rule.user, rule, route: name)
    organization = try template.position(rule.organization, rule, route: name)
  }
}
