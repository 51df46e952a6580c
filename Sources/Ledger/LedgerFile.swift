internal import Platform

/// The one file of a ledger, by its name.
enum LedgerFile {
  static let name = "data.mdb"

  static func path(in folder: String) -> String { "\(folder)/\(name)" }

  /// Whether there is one in the folder.
  static func isThere(in folder: String) -> Bool { NewFile.exists(path(in: folder)) }
}
