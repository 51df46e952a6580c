/// How much the daemon logs.
package enum LogLevel: Int, Sendable, CaseIterable {
  /// Something is broken and needs a person.
  case error
  /// Something was refused or lost that a person may want to know of.
  case warning
  /// Starts, stops and changes of state.
  case info
  /// Each connection.
  case debug

  package var name: String { "\(self)" }

  package init?(name: String) {
    guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = level
  }
}
