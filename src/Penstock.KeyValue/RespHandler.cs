using System.Buffers;
using System.Net;
using Penstock.KeyValue.Commands;
using Penstock.KeyValue.Protocol;

namespace Penstock.KeyValue;

/// <summary>
/// Serves the Redis protocol on one loop. Commands run as they are read; replies go straight to the connection and
/// leave in one send at the end of the turn, however many there are.
/// </summary>
internal sealed class RespHandler(KeyValueLoop loop) : ConnectionHandler
{
    private readonly RespLimits _limits = new(loop.Database.Options.MaxArguments, loop.Database.Options.MaxValueBytes);
    private readonly Stack<RespArguments> _spare = new();
    private RespArguments _arguments = new();
    private CommandHeader _lastHeader;

    public override void OnOpened(Connection connection)
    {
        KeyValueDatabase database = loop.Database;
        EndPoint? remote = connection.RemoteEndPoint;
        if (!database.Options.Unprotected && !database.Settings.HasPassword && !PeerAddress.IsLocal(remote))
        {
            new RespWriter(connection, resp3: false).Error(ErrorTexts.ProtectedMode);
            connection.Close();
            return;
        }

        loop.Counters.Opened++;
        var session = new Session(connection, database.NextClientId(), database.UnixTime)
        {
            Address = remote?.ToString() ?? "",
            LocalAddress = connection.LocalEndPoint?.ToString() ?? "",
            IsAuthenticated = !database.Settings.HasPassword,
        };
        connection.UserState = session;
        database.AddClient(session);
    }

    public override int OnReceived(Connection connection, ReadOnlySpan<byte> data)
    {
        var session = (Session)connection.UserState!;
        if (session.IsSaving)
        {
            // A reply that it waited for before is safe, which let it go on. What is left here is shown again when it
            // has saved.
            connection.Pause();
            return 0;
        }

        loop.Tick();
        session.LastUsedAt = loop.Keys.Now;
        session.ReceivedBytes = data.Length;
        int consumed;
        bool locked = loop.Database.Keyspace.EnterBatch();
        try
        {
            consumed = RunAll(session, data, locked);
        }
        finally
        {
            if (locked)
                loop.Database.Keyspace.ExitBatch();
        }

        session.ReceivedBytes = data.Length - consumed;
        loop.AfterCommands(connection);
        return consumed;
    }

    public override void OnClosed(Connection connection, CloseReason reason)
    {
        if (connection.UserState is not Session session)
            return;
        session.IsClosed = true;
        loop.Database.RemoveClient(session);
        PubSubCommands.Forget(loop.Database, session);
        TransactionCommands.Forget(loop, session);
    }

    /// <summary>Runs every whole command there is, as long as the client reads its replies.</summary>
    private int RunAll(Session session, ReadOnlySpan<byte> data, bool locked)
    {
        Connection connection = session.Connection;
        int offset = 0;
        do
        {
            RespArguments arguments = session.Partial ?? _arguments;
            ReadOnlySpan<byte> input = data[offset..];
            Command? known = TakeHeader(session, input, arguments);
            RespLimits limits = session.IsAuthenticated ? _limits : RespLimits.Unauthenticated;
            OperationStatus status = RespParser.Parse(input, arguments, limits, out string? error);
            if (status == OperationStatus.NeedMoreData)
            {
                KeepProgress(session, arguments);
                break;
            }

            if (status == OperationStatus.InvalidData)
            {
                Fail(connection, "ERR Protocol error: " + error);
                break;
            }

            offset += arguments.Position;
            if (arguments.Count > 0)
                Run(session, input, arguments, known, locked);
            Recycle(session, arguments);
        }
        while (offset < data.Length && connection.WantsInput);

        return offset;
    }

    /// <summary>Not for a client whose commands have tighter limits than those that the header may come from.</summary>
    private Command? TakeHeader(Session session, ReadOnlySpan<byte> input, RespArguments arguments)
    {
        bool known = arguments.Expected == 0 && session.IsAuthenticated && _lastHeader.TryTake(input, arguments);
        return known ? _lastHeader.Command : null;
    }

    private void Run(Session session, ReadOnlySpan<byte> input, RespArguments arguments, Command? known, bool locked)
    {
        var call = new Invocation(session, loop, input, arguments);
        Command? command = known ?? loop.Executor.Find(ref call);
        if (command is null)
            return;
        if (known is null && command.Parent is null)
            _lastHeader.Remember(input, arguments, command);
        call.Command = command;
        loop.Executor.Execute(ref call, locked);
    }

    /// <summary>
    /// The error is sent before the end, so that whoever sent nonsense learns what was wrong with it.
    /// </summary>
    private void Fail(Connection connection, string error)
    {
        loop.Counters.Errors.Add(error);
        loop.Counters.Reject(command: null);
        new RespWriter(connection, resp3: false).Error(error);
        connection.Close(CloseReason.ProtocolError);
        _arguments.Reset();
    }

    /// <summary>
    /// A command that is not whole keeps the place that it was read to; the loop goes on with another.
    /// </summary>
    private void KeepProgress(Session session, RespArguments arguments)
    {
        if (session.Partial is not null || arguments.Expected == 0)
            return;
        session.Partial = arguments;
        _arguments = _spare.TryPop(out RespArguments? spare) ? spare : new RespArguments();
    }

    private void Recycle(Session session, RespArguments arguments)
    {
        arguments.Reset();
        if (session.Partial is null)
            return;
        session.Partial = null;
        _spare.Push(arguments);
    }
}
