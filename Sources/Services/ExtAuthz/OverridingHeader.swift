/// The headers by which some servers take another method or path than those that are decided on. A
/// request that has one is denied, unless the daemon is told that the proxy itself sets it.
package enum OverridingHeader: String, CaseIterable, Sendable {
  // Another method.
  case httpMethod = "x-http-method"
  case httpMethodOverride = "x-http-method-override"
  case bareHTTPMethodOverride = "http-method-override"
  case methodOverride = "x-method-override"
  case originalMethod = "x-original-method"
  case forwardedMethod = "x-forwarded-method"
  // Another path. Envoy sets the first one where it rewrites a path.
  case envoyOriginalPath = "x-envoy-original-path"
  case originalPath = "x-original-path"
  case originalURI = "x-original-uri"
  case originalURL = "x-original-url"
  case forwardedPath = "x-forwarded-path"
  case forwardedURI = "x-forwarded-uri"
  case forwardedURL = "x-forwarded-url"
  case rewriteURI = "x-rewrite-uri"
  case rewriteURL = "x-rewrite-url"
  case overrideURL = "x-override-url"
  case httpPathOverride = "x-http-path-override"
  case unencodedURL = "x-waws-unencoded-url"

  /// All of them, as text.
  static let names = allCases.map { (header: $0, text: $0.rawValue) }
}
