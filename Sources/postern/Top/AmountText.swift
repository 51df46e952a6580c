/// Amounts for people, short enough for a column of nine.
package enum AmountText {
  /// As `0.5`, `1234` or `12.3M`.
  package static func rate(_ perSecond: Double) -> String {
    if perSecond < 100 { return decimal(perSecond) }
    if perSecond < 999_999.5 { return "\(Int(perSecond.rounded()))" }
    return decimal(min(perSecond / 1_000_000, 999_999)) + "M"
  }

  /// As `12.0 µs`, `3.4 ms` or `>5.0 s`; a dash for none.
  package static func time(_ quantile: Quantile?) -> String {
    guard let quantile else { return "-" }
    let sign = quantile.isLeast ? ">" : ""
    let seconds = quantile.seconds
    // 999.95 is written as 1000.0.
    if seconds < 0.000_999_95 { return "\(sign)\(decimal(seconds * 1_000_000)) µs" }
    if seconds < 0.999_95 { return "\(sign)\(decimal(seconds * 1_000)) ms" }
    return "\(sign)\(decimal(seconds)) s"
  }

  /// As `1.5 MiB/s`.
  package static func bytesPerSecond(_ rate: Double) -> String {
    StatusCommand.byteCount(UInt64(min(max(0, rate), 1e18).rounded())) + "/s"
  }

  /// With one digit behind the point.
  private static func decimal(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
