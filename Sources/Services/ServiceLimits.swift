/// The limits that the services themselves hold to.
package struct ServiceLimits: Sendable {
  /// The most items on a page. Default: 1,000.
  package var pageSize = 1000
  /// The items on a page when the request does not say.
  package var defaultPageSize: Int { min(100, pageSize) }
  /// The active tokens of one user; zero for any number, which is the default.
  package var tokensPerUser = 0

  package init() {}
}
