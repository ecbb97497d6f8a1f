using System.Net;
using Microsoft.Extensions.Logging;
using Penstock.Kestrel.Connections;

namespace Penstock.Kestrel.Diagnostics;

/// <summary>Everything the transport logs, in the category <c>Penstock.Kestrel</c>. Ids are stable.</summary>
internal static partial class TransportLog
{
    [LoggerMessage(1, LogLevel.Information, "Transport: Penstock ({Loops}), application on {Scheduling}")]
    public static partial void Started(ILogger logger, string loops, ApplicationScheduling scheduling);

    public static void Paused(ILogger logger, TransportConnection connection)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            Paused(logger, connection.ConnectionId);
    }

    public static void Resumed(ILogger logger, TransportConnection connection)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            Resumed(logger, connection.ConnectionId);
    }

    public static void ReadFin(ILogger logger, TransportConnection connection)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            ReadFin(logger, connection.ConnectionId);
    }

    public static void WriteFin(ILogger logger, TransportConnection connection)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            WriteFin(logger, connection.ConnectionId);
    }

    public static void WriteRst(ILogger logger, TransportConnection connection, string reason)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            WriteRst(logger, connection.ConnectionId, reason);
    }

    public static void PeerReset(ILogger logger, TransportConnection connection)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            PeerReset(logger, connection.ConnectionId);
    }

    public static void Lost(ILogger logger, TransportConnection connection, CloseReason reason)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            Lost(logger, connection.ConnectionId, reason);
    }

    public static void Failed(ILogger logger, TransportConnection connection, Exception exception)
    {
        if (logger.IsEnabled(LogLevel.Debug))
            Failed(logger, connection.ConnectionId, exception);
    }

    [LoggerMessage(
        10,
        LogLevel.Warning,
        "Code on connection {ConnectionId} of {EndPoint} (peer {Remote}) has held loop {Loop} for {Milliseconds} ms "
        + "and still does; the loop's other connections wait. "
        + "Do not block there, or set ApplicationScheduling to ThreadPool.")]
    public static partial void Stalled(
        ILogger logger, string connectionId, EndPoint endPoint, EndPoint? remote, int loop, long milliseconds);

    [LoggerMessage(
        11, LogLevel.Warning, "Connection {ConnectionId} of {EndPoint} let go of loop {Loop} after {Milliseconds} ms")]
    public static partial void StallEnded(
        ILogger logger, string connectionId, EndPoint endPoint, int loop, long milliseconds);

    [LoggerMessage(
        12, LogLevel.Error, "Connection {ConnectionId}: a callback of its ConnectionClosed token threw")]
    public static partial void CallbackFailed(ILogger logger, string connectionId, Exception exception);

    [LoggerMessage(
        13,
        LogLevel.Error,
        "Connection {ConnectionId} of {EndPoint} is reset: code of the application that ran on its loop threw")]
    public static partial void CodeFailed(
        ILogger logger, string connectionId, EndPoint endPoint, Exception exception);

    [LoggerMessage(14, LogLevel.Error, "A listener of the meter Penstock.Kestrel threw")]
    public static partial void MeterListenerFailed(ILogger logger, Exception exception);

    [LoggerMessage(
        15, LogLevel.Critical, "The endpoint {EndPoint} accepts and serves no more; the application is stopped")]
    public static partial void Broken(ILogger logger, EndPoint endPoint, Exception exception);

    [LoggerMessage(
        2, LogLevel.Debug, "Connection {ConnectionId} paused: the application is behind", SkipEnabledCheck = true)]
    private static partial void Paused(ILogger logger, string connectionId);

    [LoggerMessage(3, LogLevel.Debug, "Connection {ConnectionId} resumed", SkipEnabledCheck = true)]
    private static partial void Resumed(ILogger logger, string connectionId);

    [LoggerMessage(4, LogLevel.Debug, "Connection {ConnectionId} received FIN", SkipEnabledCheck = true)]
    private static partial void ReadFin(ILogger logger, string connectionId);

    [LoggerMessage(5, LogLevel.Debug, "Connection {ConnectionId} sends FIN", SkipEnabledCheck = true)]
    private static partial void WriteFin(ILogger logger, string connectionId);

    [LoggerMessage(6, LogLevel.Debug, "Connection {ConnectionId} sends RST: {Reason}", SkipEnabledCheck = true)]
    private static partial void WriteRst(ILogger logger, string connectionId, string reason);

    [LoggerMessage(7, LogLevel.Debug, "Connection {ConnectionId} was reset by its peer", SkipEnabledCheck = true)]
    private static partial void PeerReset(ILogger logger, string connectionId);

    [LoggerMessage(8, LogLevel.Debug, "Connection {ConnectionId} was lost: {Reason}", SkipEnabledCheck = true)]
    private static partial void Lost(ILogger logger, string connectionId, CloseReason reason);

    [LoggerMessage(
        9, LogLevel.Debug, "Connection {ConnectionId}: its output ended with an error", SkipEnabledCheck = true)]
    private static partial void Failed(ILogger logger, string connectionId, Exception exception);
}
