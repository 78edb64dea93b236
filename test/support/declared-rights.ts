import type { Action, ActionPorts } from '../../engine/actions/action.ts';
import type { Azure } from '../../engine/azure-calls.ts';
import type { AzureCallKind } from '../../engine/azure-rights.ts';
import { isGranted, rightsOf } from '../../engine/azure-rights.ts';

/** Ports through which an action can do only what its permissions declare: roles are written from them, so more would fail at a customer. */
export function onlyDeclared(action: Action, ports: ActionPorts): ActionPorts {
  const granted = [{ actions: action.permissions, notActions: [] }];
  const check = (kind: AzureCallKind): void => {
    const missing = rightsOf(kind).filter((right) => !isGranted(right, granted));
    if (missing.length > 0) throw new Error(`${action.name} uses ${kind} and does not declare ${missing.join(', ')}`);
  };
  const { azure } = ports;
  const checked: Azure = {
    submit: (operation, requestId, signal) => {
      check(operation.kind);
      return azure.submit(operation, requestId, signal);
    },
    poll: azure.poll,
    read: (query, signal) => {
      check(query.kind);
      return azure.read(query, signal);
    },
  };
  return { ...ports, azure: checked };
}
