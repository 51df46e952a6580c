/// Why a configuration file can't be read, and where; both are counted from one.
package struct SettingsError: Error, Equatable {
  package let line: Int
  package let column: Int
  package let problem: String
}
