namespace Penstock.Simulation.Checks;

/// <summary>What a client saw must fit why its connection ended.</summary>
internal static class ConversationRules
{
    public static void Check(SimulationRun run, ConnectionRecord record)
    {
        Clients.ModelClient client = record.Client;
        if (!client.SawEnd || client.WasCutOff || client.Connection.MayFail || client.Connection.IsClientReset)
            return;

        // The stream ended in order, so everything that was answered must have come.
        long replies = run.Scenario.ReplyBytes(record);
        run.Require(
            replies < 0 || client.ReceivedBytes == replies,
            $"{record} ended in order with {record.Reason}, "
            + $"but its client received {client.ReceivedBytes} bytes of {replies}");
        if (record.Reason == CloseReason.PeerFinished)
            run.Require(client.IsAnswered, $"{record} ended with {record.Reason}, but its client was not answered");
    }
}
