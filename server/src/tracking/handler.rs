//! The tracker's inner half: a wrapper around the endpoint's `ServerHandler` that notes what each request was and how it
//! ended, and keeps the handler's accidents away from the client.
//!
//! It delegates every method of the trait: one that is forgotten would silently become the default. `tests/endpoint/wrapper.rs`
//! fails when rmcp's trait grows one that is not here.

use std::{borrow::Cow, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use super::{
    attribution::Origin,
    conversation::{conversation, trace_of},
    legacy::LegacySessions,
    parking::state_of,
    sessions::{ClientHello, LiveSession},
    slot::{Call, MAX_NAME, Slot, cut, id_as_json, name},
    verdict::{TOO_MANY_SESSIONS, Verdict, end_of, panicked, timed_out},
};
use compact_str::{CompactString, ToCompactString};
use futures::FutureExt;
#[expect(deprecated, reason = "logging, sampling and roots still belong to the legacy protocol")]
use rmcp::model::SetLevelRequestParams;
use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CancelTaskParams, CancelledNotificationParam, ClientCapabilities,
        CompleteRequestParams, CompleteResult, CustomNotification, CustomRequest, CustomResult, DiscoverResult,
        GetPromptRequestParams, GetPromptResponse, GetSkillRequestParams, GetSkillResult, GetTaskParams, GetTaskResult,
        InitializeRequestParams, InitializeResult, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
        ListSkillsResult, ListToolsResult, PaginatedRequestParams, ProgressNotificationParam, ProtocolVersion,
        ReadResourceDirectoryRequestParams, ReadResourceDirectoryResult, ReadResourceRequestParams,
        ReadResourceResponse, RequestId, ServerConfig, SubscribeRequestParams, SubscriptionFilter, Tool,
        UnsubscribeRequestParams, UpdateTaskParams,
    },
    service::{NotificationContext, RequestContext, SubscriptionContext},
    transport::streamable_http_server::session::SessionRestoreMarker,
};
use serde_json::Value;

/// Larger declarations of capabilities are not kept, bytes: they stay in memory as long as their session.
const MAX_CAPABILITIES: usize = 16 << 10;

/// A handler whose requests are noted in their slots. Without a slot (tracking is off) it only keeps accidents away.
#[derive(Debug)]
pub struct TrackedHandler<H> {
    inner: Arc<H>,
    /// A tool that runs longer is ended, and its client told so.
    tool_timeout: Duration,
    room: Room,
}

/// How many legacy sessions may be open at once: each costs rmcp about 52 kB.
#[derive(Clone, Debug)]
pub struct Room {
    pub sessions: Arc<LegacySessions>,
    pub max: usize,
}

impl Room {
    /// Whether the session whose handshake runs, and which rmcp counts already, has room.
    async fn has_room(&self) -> bool {
        self.sessions.count().await <= self.max
    }
}

// Not derived: that would ask the handler to be `Clone`.
impl<H> Clone for TrackedHandler<H> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), tool_timeout: self.tool_timeout, room: self.room.clone() }
    }
}

/// The session of the request that a tool is called by, from the extensions of its context.
#[must_use]
pub fn current_session(extensions: &rmcp::model::Extensions) -> Option<Arc<LiveSession>> {
    slot_of(extensions)?.session()
}

impl<H: ServerHandler> TrackedHandler<H> {
    /// Wraps a handler. One handler serves all sessions: making a wrapper costs a reference count.
    pub fn new(inner: Arc<H>, tool_timeout: Duration, room: Room) -> Self {
        Self { inner, tool_timeout, room }
    }

    /// Runs a handler: noted, guarded against panics, ended when the client cancels.
    async fn observe<T, F, Fut>(
        &self,
        method: impl Into<CompactString>,
        tool: Option<&str>,
        context: RequestContext<RoleServer>,
        run: F,
    ) -> Result<T, ErrorData>
    where
        T: Verdict + Send,
        F: FnOnce(RequestContext<RoleServer>) -> Fut + Send,
        Fut: Future<Output = Result<T, ErrorData>> + Send,
    {
        let slot = slot_of(&context.extensions);
        if let Some(slot) = &slot {
            begin(slot, method.into(), tool, &context);
        }
        let cancelled = context.ct.clone();
        // The call to `run` belongs inside: a handler may panic before its first await.
        let guarded = AssertUnwindSafe(async { run(context).await }).catch_unwind();
        let result = tokio::select! {
            biased;
            result = guarded => result.unwrap_or_else(|panic| Err(panicked(&*panic))),
            () = cancelled.cancelled() => {
                if let Some(slot) = &slot {
                    slot.cancelled();
                }
                // rmcp drops it: a cancelled request gets no answer.
                return Err(ErrorData::internal_error("cancelled", None));
            }
        };
        if let Some(slot) = &slot {
            slot.ended(end_of(&result));
        }
        result
    }
}

/// The slot that the layer put into the HTTP request's extensions.
fn slot_of(extensions: &rmcp::model::Extensions) -> Option<Arc<Slot>> {
    extensions.get::<http::request::Parts>()?.extensions.get::<Arc<Slot>>().cloned()
}

/// What a client declared it can do, as JSON; `None` where that is unreasonably much.
fn capabilities(declared: &ClientCapabilities) -> Option<String> {
    serde_json::to_string(declared).ok().filter(|json| json.len() <= MAX_CAPABILITIES)
}

/// A JSON-RPC id as JSON, also where it had to be cut. Nearly all are numbers, which take no detour.
fn rpc_id(id: &RequestId) -> CompactString {
    match id {
        RequestId::Number(number) => number.to_compact_string(),
        RequestId::String(text) => id_as_json(Value::from(&**text)),
    }
}

/// Notes what is being called, and by whom.
fn begin(slot: &Arc<Slot>, method: CompactString, tool: Option<&str>, context: &RequestContext<RoleServer>) {
    let meta = &context.meta.0.0;
    let found = conversation(meta);
    let trace_id = trace_of(meta).or_else(|| slot.sender().trace_id());
    // Not `context.client_info()`: for requests of the sessionless era without one it names rmcp itself.
    let info = context.meta.client_info();
    let client_name = info.as_ref().map(|info| cut(info.name.clone(), MAX_NAME));
    let client_version = info.map(|info| cut(info.version, MAX_NAME));
    let protocol_version = context.protocol_version().map(|version| CompactString::from(version.as_str()));

    let is_handshake = method == "initialize";
    // That protocol has no sessions, and rmcp passes the header over: an id alone must not put one client's calls into
    // another's session.
    if context.meta.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28) {
        slot.leave_session();
    } else if slot.session().is_none() {
        // It was parked when the request came, and another request brought it back meanwhile.
        slot.find_session();
    }
    if slot.session().is_none() && !is_handshake {
        let origin = Origin {
            client_name: client_name.clone(),
            client_version: client_version.clone(),
            conversation_id: found.conversation_id.clone(),
            trace_id: trace_id.clone(),
            ..slot.sender().origin()
        };
        let hello = ClientHello {
            name: client_name.clone(),
            version: client_version.clone(),
            protocol_version: protocol_version.clone(),
            capabilities: context.meta.client_capabilities().and_then(|declared| capabilities(&declared)),
        };
        if let Some(session) = slot.tracker().sessions.attribute(hello, &origin) {
            slot.belongs_to(session);
        }
    }
    slot.started(Call {
        method,
        tool_name: tool.map(name),
        rpc_id: Some(rpc_id(&context.id)),
        protocol_version,
        client_name,
        client_version,
        conversation_id: found.conversation_id,
        turn_id: found.turn_id,
        trace_id,
    });
}

/// Requests that differ only in name, parameters and result.
macro_rules! observed {
    ($($name:ident($params:ty) -> $result:ty = $method:literal;)*) => {$(
        async fn $name(
            &self,
            request: $params,
            context: RequestContext<RoleServer>,
        ) -> Result<$result, ErrorData> {
            self.observe($method, None, context, |context| self.inner.$name(request, context)).await
        }
    )*};
}

/// Notifications are no requests: they pass.
macro_rules! passed_on {
    ($($name:ident($($param:ident: $params:ty)?);)*) => {$(
        async fn $name(&self, $($param: $params,)? context: NotificationContext<RoleServer>) {
            self.inner.$name($($param,)? context).await;
        }
    )*};
}

#[expect(deprecated, reason = "the legacy protocol still has these methods, and all are delegated")]
impl<H: ServerHandler> ServerHandler for TrackedHandler<H> {
    observed! {
        complete(CompleteRequestParams) -> CompleteResult = "completion/complete";
        set_level(SetLevelRequestParams) -> () = "logging/setLevel";
        list_prompts(Option<PaginatedRequestParams>) -> ListPromptsResult = "prompts/list";
        list_resources(Option<PaginatedRequestParams>) -> ListResourcesResult = "resources/list";
        list_resource_templates(Option<PaginatedRequestParams>) -> ListResourceTemplatesResult = "resources/templates/list";
        read_resource(ReadResourceRequestParams) -> ReadResourceResponse = "resources/read";
        subscribe(SubscribeRequestParams) -> () = "resources/subscribe";
        unsubscribe(UnsubscribeRequestParams) -> () = "resources/unsubscribe";
        list_tools(Option<PaginatedRequestParams>) -> ListToolsResult = "tools/list";
        get_task(GetTaskParams) -> GetTaskResult = "tasks/get";
        update_task(UpdateTaskParams) -> () = "tasks/update";
        cancel_task(CancelTaskParams) -> () = "tasks/cancel";
        list_skills(Option<PaginatedRequestParams>) -> ListSkillsResult = "skills/list";
        get_skill(GetSkillRequestParams) -> GetSkillResult = "skills/get";
        read_resource_directory(ReadResourceDirectoryRequestParams) -> ReadResourceDirectoryResult = "resources/directory/read";
    }

    passed_on! {
        on_cancelled(notification: CancelledNotificationParam);
        on_progress(notification: ProgressNotificationParam);
        on_initialized();
        on_roots_list_changed();
        on_custom_notification(notification: CustomNotification);
    }

    async fn ping(&self, context: RequestContext<RoleServer>) -> Result<(), ErrorData> {
        self.observe("ping", None, context, |context| self.inner.ping(context)).await
    }

    async fn discover(&self, context: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        self.observe("server/discover", None, context, |context| self.inner.discover(context)).await
    }

    async fn initialize(
        &self,
        request: InitializeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<InitializeResult, ErrorData> {
        let slot = slot_of(&context.extensions);
        let state = state_of(&request);
        let restored = context.extensions.get::<SessionRestoreMarker>().map(|marker| marker.id.clone());
        let mut hello = ClientHello {
            name: Some(cut(request.client_info.name.clone(), MAX_NAME)),
            version: Some(cut(request.client_info.version.clone(), MAX_NAME)),
            protocol_version: None,
            capabilities: capabilities(&request.capabilities),
        };
        let initialize = async |context| {
            if self.room.has_room().await {
                self.inner.initialize(request, context).await
            } else {
                Err(ErrorData::new(TOO_MANY_SESSIONS, "too many sessions are open: try again later", None))
            }
        };
        // A handshake that rmcp repeats by itself is no request: the client sent another one, which has this slot.
        let result = match restored {
            Some(_) => initialize(context).await?,
            None => self.observe("initialize", None, context, initialize).await?,
        };
        if let Some(slot) = slot {
            hello.protocol_version = Some(result.protocol_version.as_str().into());
            match restored {
                Some(id) => slot.restored(&id, hello),
                None => slot.greeted(hello, state),
            }
        }
        Ok(result)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let tool = request.name.clone();
        if let Some(slot) = slot_of(&context.extensions) {
            slot.captures(&request.arguments);
        }
        self.observe("tools/call", Some(&tool), context, async |context| {
            match tokio::time::timeout(self.tool_timeout, self.inner.call_tool(request, context)).await {
                Ok(result) => result,
                Err(_) => Ok(timed_out(&tool, self.tool_timeout).into()),
            }
        })
        .await
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        if let Some(slot) = slot_of(&context.extensions) {
            slot.captures(&request.arguments);
        }
        self.observe("prompts/get", None, context, |context| self.inner.get_prompt(request, context)).await
    }

    async fn on_custom_request(
        &self,
        request: CustomRequest,
        context: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        self.observe(name(&request.method), None, context, |context| self.inner.on_custom_request(request, context))
            .await
    }

    /// A subscription runs until its client goes; its record then says how long it was open.
    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        self.inner.listen(context).await
    }

    fn accepted_subscription_filter(&self, requested: &SubscriptionFilter) -> Option<SubscriptionFilter> {
        self.inner.accepted_subscription_filter(requested)
    }

    fn negotiate_initialize(&self, request: &InitializeRequestParams) -> Result<InitializeResult, ErrorData> {
        self.inner.negotiate_initialize(request)
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        self.inner.supported_protocol_versions()
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        self.inner.get_tool(name)
    }

    fn get_info(&self) -> ServerConfig {
        self.inner.get_info()
    }
}
