using System.Security;

namespace HookAot.Tests.Netns;

/// <summary>What libvirt says about a guest.</summary>
internal static class GuestXml
{
    /// <summary>The XML of a guest at vnet0 as libvirt hands it to the hook.</summary>
    public static string Live(string name) => $"""
        <domain type='kvm' id='1'>
          <name>{SecurityElement.Escape(name)}</name>
          <uuid>1f1a7a3c-9a6e-4b6e-8f43-0d6a54a3a001</uuid>
          <metadata><x:interface xmlns:x='urn:x'><target dev='no'/></x:interface></metadata>
          <memory unit='KiB'>524288</memory>
          <vcpu placement='static'>1</vcpu>
          <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
          <devices>
            <emulator>/usr/bin/qemu-system-x86_64</emulator>
            <interface type='network'>
              <mac address='52:54:00:00:00:02'/>
              <source network='default' portid='7f3c0b8e-7d1f-4b58-9d6e-3a3f7a1d1c11' bridge='virbr0'/>
              <target dev='vnet0'/>
              <model type='virtio'/>
              <alias name='net0'/>
            </interface>
          </devices>
        </domain>
        """;

    /// <summary>The content of libvirt's status file while such a guest runs.</summary>
    public static string Status(string name) => $"<domstatus state='running' pid='1'>{Live(name)}</domstatus>";
}
