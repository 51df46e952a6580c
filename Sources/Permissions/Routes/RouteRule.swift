/// One row of a route table: what a method on a path stands for.
package struct RouteRule: Sendable, Hashable {
  /// The HTTP method, compared byte by byte.
  package let method: String
  /// The path, such as `/v2/team/{id}/member/{user}`: each segment a literal, or a variable in
  /// braces that stands for one segment, whatever it is.
  package let template: String
  package let access: RouteAccess
  /// The variable that is the id of the resource; nil for none in particular.
  package let resource: String?
  /// The variable that is the user whom the action is about; nil for nobody.
  package let user: String?
  /// The variable that is the organization acted in; nil for the token's own.
  package let organization: String?

  package init(
    _ method: String, _ template: String, _ access: RouteAccess, resource: String? = nil,
    user: String? = nil, organization: String? = nil
  ) {
    self.method = method
    self.template = template
    self.access = access
    self.resource = resource
    self.user = user
    self.organization = organization
  }
}
