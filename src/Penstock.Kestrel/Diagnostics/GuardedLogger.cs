using Microsoft.Extensions.Logging;

namespace Penstock.Kestrel.Diagnostics;

/// <summary>
/// A logger whose failure costs its message and nothing else. Most of what the transport logs is logged on a loop, with
/// work half done that many connections depend on.
/// </summary>
internal sealed class GuardedLogger(ILogger inner) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return inner.IsEnabled(logLevel);
        }
        catch (Exception exception)
        {
            TransportEventSource.Log.LoggerFault(exception);
            return false;
        }
    }

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        try
        {
            inner.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception fault)
        {
            TransportEventSource.Log.LoggerFault(fault);
        }
    }
}
