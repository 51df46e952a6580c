/// The headers by which some servers take another method or path than those that are decided on. A
/// request that has one is denied, unless the daemon is told that the proxy itself sets it.
package enum OverridingHeader: String, CaseIterable, Sendable {
  case httpMethodOverride = "x-http-method-override"
  case httpMethod = "x-http-method"
  case methodOverride = "x-method-override"
  case originalMethod = "x-original-method"
  case originalURI = "x-original-uri"
  case originalURL = "x-original-url"
  case rewriteURL = "x-rewrite-url"
  case forwardedMethod = "x-forwarded-method"
  case forwardedURI = "x-forwarded-uri"
}
