/// A logger for whatever wants one.
package import Logging

package func quietLogger() -> Logger {
    Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
}
