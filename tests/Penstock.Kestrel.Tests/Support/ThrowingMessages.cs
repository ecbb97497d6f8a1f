using Microsoft.Extensions.Logging;

namespace Penstock.Kestrel.Tests;

/// <summary>A logger that throws at the transport's messages with a given text, as test loggers do.</summary>
internal sealed class ThrowingMessages(string text) : ILoggerProvider, ILogger
{
    private int _thrown;

    /// <summary>Set once the transport has said that a loop is held.</summary>
    public ManualResetEventSlim Stalled { get; } = new();

    public int Thrown => Volatile.Read(ref _thrown);

    public ILogger CreateLogger(string categoryName) =>
        categoryName == "Penstock.Kestrel" ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

    public void Dispose() => Stalled.Dispose();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        string message = formatter(state, exception);
        if (message.Contains("has held loop", StringComparison.Ordinal))
            Stalled.Set();
        if (!message.Contains(text, StringComparison.Ordinal))
            return;
        Interlocked.Increment(ref _thrown);
        throw new InvalidOperationException($"The logger does not like '{text}'.");
    }
}
