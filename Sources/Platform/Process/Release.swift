/// The version that every program of Postern reports.
package enum Release {
  /// The version, after Semantic Versioning 2.0.0.
  package static let version = "0.1.0"
}
