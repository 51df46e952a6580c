internal import Foundation

extension Configuration {
  /// Reads a JSON5 file: one object, a key for each setting, a list for what a flag may repeat.
  mutating func read(file path: String) throws(ConfigurationError) {
    let values: [String: SettingValue]
    do {
      let decoder = JSONDecoder()
      decoder.allowsJSON5 = true
      let data = try Data(contentsOf: URL(fileURLWithPath: path))
      // Hazard: Foundation's reader of JSON5 traps on a bare key that is not UTF-8.
      guard String(validating: data, as: UTF8.self) != nil else {
        let context = DecodingError.Context(codingPath: [], debugDescription: "it is not UTF-8")
        throw DecodingError.dataCorrupted(context)
      }
      values = try decoder.decode([String: SettingValue].self, from: data)
    } catch {
      throw ConfigurationError("`\(path)` can't be read as JSON5: \(Self.reason(error))")
    }
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      guard let setting = Setting.all.first(where: { $0.key == key }) else {
        throw ConfigurationError("`\(path)` has the unknown key `\(key)`")
      }
      for text in value.texts {
        do {
          try setting.apply(&self, text)
        } catch {
          switch error {
          case .malformed:
            throw ConfigurationError(
              "`\(path)`: `\(text)` is no value for `\(key)`: \(setting.summary)")
          case .account(let error):
            throw ConfigurationError("`\(path)`: `\(key)`: \(error)")
          }
        }
      }
    }
  }

  private static func reason(_ error: any Error) -> String {
    if let error = error as? DecodingError, case .dataCorrupted(let context) = error {
      return context.debugDescription
    }
    return "\(error)"
  }
}

/// A string, a number, or a list of them.
private struct SettingValue: Decodable {
  let texts: [String]

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let list = try? container.decode([SettingValue].self) {
      texts = list.flatMap(\.texts)
    } else if let number = try? container.decode(Int.self) {
      texts = [String(number)]
    } else {
      texts = [try container.decode(String.self)]
    }
  }
}
