internal import Platform

extension Configuration {
  /// The most bytes of a configuration file.
  private static var mostBytes: Int { 1 << 20 }

  /// Reads a JSON5 file: one object, a key for each setting, a list for what a flag may repeat.
  mutating func read(file path: String) throws(ConfigurationError) {
    let bytes: [UInt8]
    do { bytes = try SmallFile.read(path: path, atMost: Self.mostBytes) } catch {
      throw ConfigurationError("`\(path)` can't be read: \(error)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError("`\(path)` can't be read as JSON5: it is not UTF-8")
    }
    let entries: [SettingsReader.Entry]
    do { entries = try SettingsReader.read(text) } catch {
      throw ConfigurationError(
        "`\(path)` can't be read as JSON5: line \(error.line), column \(error.column): "
          + error.problem)
    }
    for entry in entries { try apply(entry, of: path) }
  }

  private mutating func apply(
    _ entry: SettingsReader.Entry, of path: String
  ) throws(ConfigurationError) {
    guard let setting = Setting.all.first(where: { $0.key == entry.key }) else {
      throw ConfigurationError("`\(path)`, line \(entry.line): unknown key `\(entry.key)`")
    }
    for text in entry.values {
      do {
        try setting.apply(&self, text)
      } catch {
        switch error {
        case .malformed:
          throw ConfigurationError(
            "`\(path)`, line \(entry.line): `\(text)` is no value for `\(entry.key)`: "
              + setting.summary)
        case .account(let error):
          throw ConfigurationError("`\(path)`, line \(entry.line): `\(entry.key)`: \(error)")
        }
      }
    }
  }
}
