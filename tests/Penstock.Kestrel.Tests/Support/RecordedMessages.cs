using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Penstock.Kestrel.Tests;

/// <summary>Keeps what is logged.</summary>
internal sealed class RecordedMessages : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _messages = new();

    public bool Contains(params string[] parts) => _messages.Any(message => parts.All(message.Contains));

    public int Count(string part) => _messages.Count(message => message.Contains(part));

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter) =>
        _messages.Enqueue(formatter(state, exception));
}
