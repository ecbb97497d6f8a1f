namespace Penstock.Simulation.Tests.Scenarios.KeyValue;

/// <summary>
/// Who must hear what: a message reaches everybody who subscribed before it, once for each way to hear it.
/// </summary>
internal sealed class ChannelModel(IReadOnlyCollection<RespSession> sessions)
{
    public string Subscribe(RespSession session, HashSet<string> names, string kind, string[] words)
    {
        session.EverSubscribed = true;
        string reply = "";
        foreach (string name in words.Skip(1))
        {
            names.Add(name);
            reply += Confirm(kind, name, session.Subscriptions);
        }

        return reply;
    }

    public static string Unsubscribe(RespSession session, string[] words)
    {
        string reply = "";
        foreach (string name in words.Skip(1))
        {
            session.Channels.Remove(name);
            reply += Confirm("unsubscribe", name, session.Subscriptions);
        }

        return reply.Length > 0
            ? reply
            : Resp.Array(Resp.Bulk("unsubscribe"), Resp.Null, Resp.Integer(session.Subscriptions));
    }

    /// <summary>Returns how many ways there were to hear it; those who are leaving count and hear nothing.</summary>
    public int Publish(string channel, string message)
    {
        int hearings = 0;
        foreach (RespSession session in sessions)
        {
            if (session.Channels.Contains(channel))
            {
                hearings++;
                Deliver(session, [Resp.Bulk("message"), Resp.Bulk(channel), Resp.Bulk(message)]);
            }

            foreach (string pattern in session.Patterns)
            {
                if (!channel.StartsWith(pattern[..^1], StringComparison.Ordinal))
                    continue;
                hearings++;
                Deliver(session, [Resp.Bulk("pmessage"), Resp.Bulk(pattern), Resp.Bulk(channel), Resp.Bulk(message)]);
            }
        }

        return hearings;
    }

    private static void Deliver(RespSession session, string[] parts)
    {
        if (session.Record.Connection.State == ConnectionState.Open)
            session.Client.Expect(Resp.Bytes(Resp.Array(parts)));
    }

    private static string Confirm(string kind, string name, int count) =>
        Resp.Array(Resp.Bulk(kind), Resp.Bulk(name), Resp.Integer(count));
}
