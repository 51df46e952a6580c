/// What every program of Postern says that it is.
package enum Release {
  /// The version, after Semantic Versioning 2.0.0.
  package static let version = "0.1.0"
}
