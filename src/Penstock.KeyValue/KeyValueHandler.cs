using System.Runtime.CompilerServices;
using Google.Protobuf;
using Penstock.Framing;
using Penstock.KeyValue.Commands;
using Penstock.KeyValue.Protocol;
using Penstock.KeyValue.Store;

namespace Penstock.KeyValue;

/// <summary>
/// Serves the protobuf protocol on one loop: get, and put or update. The same handler runs whatever the loop waits on,
/// one blocking socket or thousands at once.
/// </summary>
internal sealed class KeyValueHandler(KeyValueLoop loop)
    : FrameHandler<LengthPrefixDecoder>(new LengthPrefixDecoder(KeyValueFrame.Format))
{
    public override void OnOpened(Connection connection)
    {
        // The protocol has no way to give a password, so without the option it is for this machine only, and for nobody
        // once CONFIG SET has set one.
        KeyValueDatabase database = loop.Database;
        if (!database.Options.Unprotected
            && (database.Settings.HasPassword || !PeerAddress.IsLocal(connection.RemoteEndPoint)))
            connection.Abort();
    }

    protected override void OnFrame(Connection connection, ReadOnlySpan<byte> frame)
    {
        KeyValueMessage message;
        try
        {
            message = KeyValueMessage.Parser.ParseFrom(frame);
        }
        catch (InvalidProtocolBufferException)
        {
            connection.Close(CloseReason.ProtocolError);
            return;
        }

        loop.Tick();
        loop.Counters.Commands++;
        switch ((MessageKind)message.Kind)
        {
            case MessageKind.Get:
                Get(connection, message);
                break;
            case MessageKind.PutOrUpdate:
                Put(connection, message);
                break;
            default:
                loop.Database.Warnings.UnknownKind(connection.RemoteEndPoint?.ToString() ?? "", message.Kind);
                connection.Close(CloseReason.ProtocolError);
                return;
        }

        loop.AfterCommands(connection);
    }

    private void Get(Connection connection, KeyValueMessage request)
    {
        var reply = new KeyValueMessage
        {
            Kind = (uint)MessageKind.GetResponse,
            Key = request.Key,
            Status = Status.NotOk,
        };
        StoreKey key = KeyOf(request);
        using var value = new EntryMemory();
        lock (loop.Database.Keyspace.ShardOf(key).Gate)
        {
            ref Entry entry = ref loop.Keys.Find(key);
            if (!Unsafe.IsNullRef(ref entry))
            {
                // Not a copy, for the collector to find: the value is written before the lock is left.
                reply.Value = UnsafeByteOperations.UnsafeWrap(value.Show(ref entry));
                reply.Status = Status.Ok;
            }

            // A key that was found over its time is gone for good.
            loop.Commit();
            KeyValueFrame.Write(connection, reply);
        }
    }

    private void Put(Connection connection, KeyValueMessage request)
    {
        var reply = new KeyValueMessage { Kind = (uint)MessageKind.PutOrUpdate };
        if (loop.Executor.WriteProblem(CommandFlags.Write | CommandFlags.DenyOutOfMemory) is not null)
            reply.Status = Status.NotOk;
        else
            Store(request);
        KeyValueFrame.Write(connection, reply);
    }

    private void Store(KeyValueMessage request)
    {
        StoreKey key = KeyOf(request);
        lock (loop.Database.Keyspace.ShardOf(key).Gate)
        {
            loop.Keys.Set(key, request.Value.Span);
            loop.Commit();
        }
    }

    private StoreKey KeyOf(KeyValueMessage request) => loop.Database.Keyspace.KeyOf(request.Key.Span);
}
